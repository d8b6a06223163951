import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ProviderProcess, startProviderProcess } from '../../../src/lab/demo-provider.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { insertCampaign, insertLead, insertMailbox, insertTenant, mint } from '../../support/factories.ts'
import { rookery } from '../../support/rookery.ts'
import { openWorkerHome } from '../../support/worker.ts'

const mailboxCount = 4
const connections = 3
const leadCount = 180

let database: TestDatabase
let provider: ProviderProcess
let home: Awaited<ReturnType<typeof openWorkerHome>>

beforeEach(async () => {
  database = await createTestDatabase()
  provider = await startProviderProcess({})
  home = await openWorkerHome(database.url)
})

afterEach(async () => {
  await home.close()
  await provider.stop()
  await database.close()
})

/** A campaign whose every submission takes the provider 200 ms after the dot: mail is on the wire at any moment. */
async function launchSlowCampaign(): Promise<void> {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailboxIds: string[] = []
  for (let n = 0; n < mailboxCount; n += 1) {
    const limits = { smtp_port: provider.port, max_connections: connections }
    mailboxIds.push((await insertMailbox(db, tenant.id, limits)).id)
  }
  for (let n = 0; n < leadCount; n += 1)
    await insertLead(db, tenant.id, { email: `${mint('lead')}@slow.test` })
  await insertCampaign(db, tenant.id, mailboxIds, { steps: [{}] })
}

const listEmails = () => database.db.selectFrom('emails').select(['id', 'status', 'message_id']).execute()

async function idsOf(...statuses: string[]): Promise<string[]> {
  const emails = await listEmails()
  return emails.filter(({ status }) => statuses.includes(status)).map(({ id }) => id)
}

/** Until a part of the campaign has gone out and mail is on the wire. */
function untilMidFlight(): Promise<unknown> {
  return eventually(
    async () => {
      const onTheWire = await idsOf('submitting')
      const { accepted } = await provider.readAccount()
      return accepted >= leadCount / 6 && onTheWire.length >= connections
    },
    { timeoutMs: 30_000 },
  )
}

function untilNothingWaits(): Promise<unknown> {
  return eventually(
    async () => {
      const emails = await listEmails()
      return emails.length === leadCount && (await idsOf('scheduled', 'held', 'submitting')).length === 0
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  )
}

test('after kill -9 of a sender nothing is sent twice, and what was on the wire is unknown and named', async () => {
  await launchSlowCampaign()
  home.start('scheduler')
  const first = home.start('sending')
  await untilMidFlight()
  expect(await first.end('SIGKILL')).toBeNull()
  const onTheWire = await idsOf('submitting')
  home.start('sending')
  await untilNothingWaits()

  const unknown = await idsOf('unknown')
  expect(unknown.length).toBeGreaterThan(0)
  expect(unknown.length).toBeLessThanOrEqual(mailboxCount * connections)
  expect(onTheWire).toEqual(expect.arrayContaining(unknown))
  expect(await idsOf('sent')).toHaveLength(leadCount - unknown.length)

  const { duplicates, list } = await provider.readAccount()
  expect(duplicates).toEqual({})
  const sent = (await listEmails()).filter(({ status }) => status === 'sent').map((row) => row.message_id)
  expect(Object.keys(list.messageIds)).toEqual(expect.arrayContaining(sent))

  const { stdout, code } = await rookery(['status', '--json'], { env: home.env })
  const status = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(status.unknown.count).toBe(unknown.length)
  expect(status.unknown.emails.map(({ id }: { id: string }) => id).sort()).toEqual(unknown.sort())
})

test('a sender that is asked to stop leaves nothing unknown behind, and nothing is lost', async () => {
  await launchSlowCampaign()
  home.start('scheduler')
  const first = home.start('sending')
  await untilMidFlight()
  expect(await first.end('SIGTERM')).toBe(0)
  expect(await idsOf('submitting', 'unknown')).toEqual([])
  expect((await idsOf('scheduled')).length).toBeGreaterThan(0)
  home.start('sending')
  await untilNothingWaits()

  expect(await idsOf('sent')).toHaveLength(leadCount)
  const { accepted, duplicates } = await provider.readAccount()
  expect(accepted).toBe(leadCount)
  expect(duplicates).toEqual({})
})
