import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { humanReply } from '../../src/lab/replies.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox, mint, type Tenant } from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'
import { insertImapMailbox, masterKey } from '../support/inbox.ts'
import { rookery as run } from '../support/rookery.ts'

let database: TestDatabase
let farm: ImapFarm
let home: string
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-inbox-'))
  tenant = await insertTenant(database.db)
  const username = `${mint('ann')}@lab.test`
  mailbox = await insertImapMailbox(database.db, tenant.id, {
    port: farm.port,
    username,
    password: farm.password,
  })
  await deliverTwo()
})
afterAll(async () => {
  await farm.close()
  await database.close()
  await fs.rm(home, { recursive: true })
})

/** One answer to what the mailbox sent, and one letter that answers nothing. */
async function deliverTwo(): Promise<void> {
  const sent = await insertSentEmail(database.db, mailbox, { to_address: 'ada@recipient.test' })
  const original = {
    messageId: sent.message_id ?? '',
    ref: sent.ref ?? '',
    from: mailbox.email_address,
    to: sent.to_address,
    subject: 'Hello',
    date: new Date(),
  }
  farm.deliver(mailbox.email_address, humanReply({ original, now: new Date() }))
  farm.deliver(
    mailbox.email_address,
    Buffer.from('From: mum@home.test\r\nSubject: Sunday\r\n\r\nCake at four?\r\n'),
  )
}

const rookery = (...args: string[]) => {
  const env = {
    DATABASE_URL: database.url,
    ROOKERY_HOME: home,
    ROOKERY_MASTER_KEY: masterKey.toString('base64'),
  }
  return run([...args, '--tenant', tenant.name], { env, cwd: home })
}

test('a mailbox is read at once, and what came back is listed', async () => {
  const synced = await rookery('inbox', 'sync', mailbox.email_address)
  expect(synced).toMatchObject({ code: 0, stderr: '' })
  expect(synced.stdout).toBe(`${mailbox.email_address}: 2 messages (1 reply, 1 other).\n`)
  expect((await rookery('inbox', 'sync', mailbox.email_address)).stdout).toContain('nothing new')

  const unmatched = JSON.parse((await rookery('inbox', 'list', '--unmatched', '--json')).stdout)
  expect(unmatched).toEqual([expect.objectContaining({ from: 'mum@home.test', status: 'unmatched' })])
  expect(JSON.parse((await rookery('inbox', 'list', '--json')).stdout)).toHaveLength(2)

  const replies = await rookery('replies', 'list')
  expect(replies.stdout).toContain('ada@recipient.test')
  expect(replies.stdout).toContain('sounds interesting')
  expect(replies.stdout).not.toContain('mum@home.test')
})

test('a mailbox that cannot be read says why', async () => {
  const login = { port: farm.port, username: `${mint('nobody')}@lab.test`, password: 'wrong' }
  const stranger = await insertImapMailbox(database.db, tenant.id, login)
  const refused = await rookery('inbox', 'sync', stranger.email_address)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/could not be read: log in: the server said/)
  const deaf = await insertMailbox(database.db, tenant.id)
  const without = await rookery('inbox', 'sync', deaf.email_address)
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('no IMAP server') })
})
