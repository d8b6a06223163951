import { promises as fs } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ImapFarm, startImapFarm } from '../../../src/lab/imap-farm.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { insertTenant, mint } from '../../support/factories.ts'
import { insertImapMailbox, masterKey } from '../../support/inbox.ts'
import { openWorkerHome } from '../../support/worker.ts'

let database: TestDatabase
let farm: ImapFarm
let home: Awaited<ReturnType<typeof openWorkerHome>>

beforeEach(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  home = await openWorkerHome(database.url, { ROOKERY_MASTER_KEY: masterKey.toString('base64') })
})
afterEach(async () => {
  await home.close()
  await farm.close()
  await database.close()
})

const peakMegabytes = async (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(await fs.readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const countMessages = async () =>
  (await database.db.selectFrom('email_messages').select('id').execute()).length

const untilMessages = (count: number) =>
  eventually(async () => (await countMessages()) >= count, { timeoutMs: 60_000, intervalMs: 10 })

/** A mailbox whose job still runs gets no second one. */
const untilIdle = () =>
  eventually(async () => {
    const live = database.db.selectFrom('jobs').select('id').where('queue_name', '=', 'email-processing')
    return (await live.where('status', 'in', ['queued', 'running']).execute()).length === 0
  })

test('a message of 200 MB costs an inbox process no more memory than one of 50 MB', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const login = { port: farm.port, username: `${mint('ann')}@lab.test`, password: farm.password }
  const { id } = await insertImapMailbox(db, tenant.id, login)
  const inbox = home.start('inbox')
  home.start('scheduler')
  const peaks: number[] = []
  for (const [at, megabytes] of [50, 200].entries()) {
    farm.deliver(login.username, letter(megabytes * 1024 * 1024))
    await db.updateTable('email_accounts').set({ next_sync_at: new Date() }).where('id', '=', id).execute()
    await untilMessages(at + 1)
    await untilIdle()
    peaks.push(await peakMegabytes(inbox.pid))
  }
  const [first = 0, second = 0] = peaks
  expect(second - first).toBeLessThan(50)
})

/** Made up as it is read. */
function letter(size: number) {
  const head = Buffer.from(`From: bea@elsewhere.test\r\nSubject: ${mint('large')}\r\n\r\n`)
  const read = (start: number, end: number) => {
    const bytes = Buffer.alloc(end - start, 'x')
    if (start < head.length) head.copy(bytes, 0, start, Math.min(end, head.length))
    return bytes
  }
  return { size, read }
}
