import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { deleteOldMessages } from '../../src/inbox/retention-store.ts'
import { systemMaintenance } from '../../src/jobs/system-maintenance.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { insertInboundMessage, insertSentEmail } from '../support/inbound.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
})

const quiet = createLogger({ level: 'fatal', format: 'json', name: 'test', output: { fd: 2 } })
const guardrails = { bounceRate: 0.05, complaintRate: 0.001, days: 7, floor: 50, minPauseHours: 24 }
const retention = { unmatchedDays: 180, matchedDays: 730, eventDays: 90, warmupEventDays: 180 }
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

/** The text is the body; `emailId`: of ours, that it is about. */
async function insertMessage(
  received_at: Date,
  { text = mint('text'), emailId = null as string | null } = {},
) {
  const { messageId } = await insertInboundMessage(database.db, mailbox, text)
  await database.db
    .updateTable('email_messages')
    .set({ received_at, email_id: emailId, status: emailId ? 'processed' : 'unmatched' })
    .where('id', '=', messageId)
    .execute()
  await database.db
    .insertInto('email_attachments')
    .values({
      tenant_id: mailbox.tenant_id,
      message_id: messageId,
      position: 0,
      content_type: 'a/b',
      size_bytes: 1,
    })
    .execute()
  return messageId
}

const prune = (signal = new AbortController().signal) =>
  systemMaintenance({ db: database.db, log: quiet, retention, guardrails })(
    { task: 'prune' },
    { id: 'job', attempt: 1, signal },
  )

const messageIds = async () =>
  (
    await database.db
      .selectFrom('email_messages')
      .select('id')
      .where('tenant_id', '=', mailbox.tenant_id)
      .execute()
  ).map(({ id }) => id)

const count = async (table: 'email_bodies' | 'email_attachments') =>
  (
    await database.db
      .selectFrom(table)
      .select('tenant_id')
      .where('tenant_id', '=', mailbox.tenant_id)
      .execute()
  ).length

test('messages go with their attachments and bodies once they are old, those about our emails later', async () => {
  const email = await insertSentEmail(database.db, mailbox)
  const about = { emailId: email.id }
  const kept = [
    await insertMessage(daysAgo(179)),
    await insertMessage(daysAgo(181), about),
    await insertMessage(daysAgo(729), about),
  ]
  await insertMessage(daysAgo(181))
  await insertMessage(daysAgo(731), about)
  await prune()
  expect((await messageIds()).sort()).toEqual(kept.sort())
  expect([await count('email_bodies'), await count('email_attachments')]).toEqual([3, 3])
})

test('a body stays as long as a message bears it', async () => {
  const text = mint('newsletter')
  await insertMessage(daysAgo(200), { text })
  const young = await insertMessage(daysAgo(1), { text })
  await prune()
  expect(await messageIds()).toEqual([young])
  expect(await count('email_bodies')).toBe(1)
})

test('a body stays that a message being stored meanwhile bears', async () => {
  const { db } = database
  const text = mint('newsletter')
  const old = await insertMessage(daysAgo(200), { text })
  const storing = await openTransaction(db)
  const row = await storing.trx
    .selectFrom('email_messages')
    .selectAll()
    .where('id', '=', old)
    .executeTakeFirstOrThrow()
  await storing.trx
    .insertInto('email_messages')
    .values({ ...row, id: newId(), imap_uid: 4_000_000, received_at: new Date(), facts: '{}' })
    .execute()
  const pruning = await openTransaction(db)
  const deleting = deleteOldMessages(pruning.trx, retention, 10)
  await untilBlocked(db, pruning)
  await storing.commit()
  expect(await deleting).toBe(1)
  await pruning.commit()
  expect(await messageIds()).toHaveLength(1)
  expect(await count('email_bodies')).toBe(1)
})

test('messages are deleted in batches, the oldest first, and none once the process stops', async () => {
  const stopped = new AbortController()
  stopped.abort()
  const [young, older, oldest] = [
    await insertMessage(daysAgo(200)),
    await insertMessage(daysAgo(300)),
    await insertMessage(daysAgo(400)),
  ]
  await prune(stopped.signal)
  expect(await messageIds()).toHaveLength(3)
  const batch = () => database.db.transaction().execute((trx) => deleteOldMessages(trx, retention, 2))
  expect(await batch()).toBe(2)
  expect(await messageIds()).toEqual([young])
  expect([older, oldest]).not.toContain(young)
  expect([await batch(), await batch()]).toEqual([1, 0])
})
