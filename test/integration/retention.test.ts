import { sql } from 'kysely'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { listPartitionsBefore } from '../../src/db/old-partitions.ts'
import { ensureEventPartitions } from '../../src/db/partitions.ts'
import { rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { deleteOfTenant, dropMonth } from '../../src/jobs/maintenance/old-events.ts'
import { listPrunable, type PruneRoom, prune } from '../../src/jobs/maintenance/prune.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { insertInboundMessage } from '../support/inbound.ts'
import { restoreElsewhere } from '../support/restored-dump.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let mailbox: Mailbox
let room: PruneRoom

beforeAll(async () => {
  database = await createTestDatabase()
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  room = {
    db: database.db,
    retention: { unmatchedDays: 180, matchedDays: 730, eventDays: 90, warmupEventDays: 180 },
  }
})
afterAll(() => database.close())

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

async function insertJobLog(at: Date): Promise<void> {
  const row = { id: newId(), queue_name: 'email-sending', status: 'done' as const }
  await database.db
    .insertInto('job_logs')
    .values({ ...row, started_at: at, finished_at: at, created_at: at })
    .execute()
}

async function insertBudget(at: Date): Promise<void> {
  const key = `mailbox/${mailbox.id}/day/${at.toISOString().slice(0, 10)}`
  await database.db
    .insertInto('send_budgets')
    .values({ key, tenant_id: mailbox.tenant_id, updated_at: at })
    .execute()
}

const wouldGo = async () =>
  Object.fromEntries((await listPrunable(room)).map(({ what, rows }) => [what, rows]))

const pruneAll = async () =>
  (await prune(room, new AbortController().signal)).reduce((sum, { rows }) => sum + rows, 0)

test('what a dry run names is what goes, and what is young stays', async () => {
  for (const days of [1, 29, 31, 40]) await insertJobLog(daysAgo(days))
  for (const days of [1, 8]) await insertBudget(daysAgo(days))
  const old = await insertInboundMessage(database.db, mailbox, 'A letter.')
  await database.db
    .updateTable('email_messages')
    .set({ received_at: daysAgo(181) })
    .where('id', '=', old.messageId)
    .execute()
  expect(await wouldGo()).toMatchObject({
    'job logs': 2,
    'budgets of past days': 1,
    'messages that came in': 1,
  })
  expect(await pruneAll()).toBe(4)
  expect(new Set(Object.values(await wouldGo()))).toEqual(new Set([0]))
  expect(await database.db.selectFrom('job_logs').select('id').execute()).toHaveLength(2)
})

/** An event of an email sent at that time, in the partition of its month. */
async function insertEvent(
  at: Date,
  of: Mailbox = mailbox,
  eventClass: 'delivery' | 'warmup' = 'delivery',
  { sent_on = at.toISOString().slice(0, 10) } = {},
): Promise<void> {
  await database.db
    .insertInto('email_events')
    .values({
      class: eventClass,
      type: eventClass === 'warmup' ? 'warmup_sent' : 'sent',
      recorded_at: at,
      occurred_at: at,
      sent_on,
      id: newId(),
      tenant_id: of.tenant_id,
      email_account_id: of.id,
      email_id: newId(),
      attempt: 1,
    })
    .execute()
}

const countEvents = async (of: Mailbox) =>
  (await database.db.selectFrom('email_events').select('id').where('tenant_id', '=', of.tenant_id).execute())
    .length

const figures = async (of: Mailbox) =>
  database.db
    .selectFrom('daily_analytics')
    .select((eb) => [
      eb.fn.sum<number>('emails_sent').as('sent'),
      eb.fn.sum<number>('late_events').as('late'),
    ])
    .where('tenant_id', '=', of.tenant_id)
    .executeTakeFirstOrThrow()

test('months of events go once they are counted, what they came to stays, and what is told later is late', async () => {
  const of = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  for (const days of [130, 129, 40, 1]) await insertEvent(daysAgo(days), of)
  await ensureEventPartitions(database.db, new Date())
  const [month] = await listPartitionsBefore(database.db, 'delivery', daysAgo(90))
  const [, year = '', number = ''] = /_y(\d{4})m(\d{2})$/.exec(month?.name ?? '') ?? []
  const name = new Date(`${year}-${number}-01`).toLocaleDateString('en', { month: 'long', timeZone: 'UTC' })
  expect(await wouldGo()).toMatchObject({ [`delivery events of ${name} ${year}`]: 2 })
  expect(await pruneAll()).toBe(2)
  expect(await countEvents(of)).toBe(2)
  expect(await figures(of)).toEqual({ sent: 4, late: 0 })
  await insertEvent(daysAgo(130), of)
  await insertEvent(daysAgo(1), of)
  await rollUp(database.db)
  expect(await figures(of)).toEqual({ sent: 5, late: 1 })
})

test('a tenant may ask for less: what no pass has seen is counted before it goes', async () => {
  const { id } = await insertTenant(database.db, { event_days: 10 })
  const of = await insertMailbox(database.db, id)
  for (const days of [12, 11, 9]) await insertEvent(daysAgo(days), of)
  await pruneAll()
  expect(await countEvents(of)).toBe(1)
  expect(await figures(of)).toEqual({ sent: 3, late: 0 })
})

test('a dry run says for each kind what the run then deletes, of a month and a tenant no event twice', async () => {
  const { db } = database
  const { id, name } = await insertTenant(db, { event_days: 10 })
  const of = await insertMailbox(db, id)
  for (const days of [130, 131, 40, 12, 2]) await insertEvent(daysAgo(days), of)
  await ensureEventPartitions(db, new Date())
  const dry = await listPrunable(room)
  expect(dry).toContainEqual(
    expect.objectContaining({ what: 'keys of events', keptFor: '121 days: a month more than events' }),
  )
  expect(dry).toContainEqual({
    what: `events of the tenant ${name}`,
    keptFor: '10 days',
    rows: 2,
    finished: true,
  })
  expect(await prune(room, new AbortController().signal)).toEqual(dry)
  expect(await countEvents(of)).toBe(1)
})

test('events of a tenant are counted before they go, also after a restore elsewhere', async () => {
  const { db } = database
  const { id } = await insertTenant(db)
  const of = await insertMailbox(db, id)
  const batch = { limit: 100, from: null }
  const events = { tenantId: id, before: daysAgo(10) }
  await insertEvent(daysAgo(12), of)
  expect(await deleteOfTenant(db, events, batch)).toMatchObject({ rows: 1 })
  expect(await figures(of)).toEqual({ sent: 1, late: 0 })
  await insertEvent(daysAgo(12), of)
  await insertEvent(daysAgo(5), of)
  await restoreElsewhere(db, 'more')
  expect(await deleteOfTenant(db, events, batch)).toMatchObject({ rows: 1 })
  expect(await figures(of)).toEqual({ sent: 2, late: 1 })
})

test('what is told of the days that are sealed next, beside their sealing, holds up no batch', async () => {
  const { db } = database
  const { id } = await insertTenant(db)
  const of = await insertMailbox(db, id)
  for (const days of [12, 13, 14]) await insertEvent(daysAgo(days), of)
  const events = { tenantId: id, before: daysAgo(10) }
  const sent_on = daysAgo(12).toISOString().slice(0, 10)
  await insertEvent(daysAgo(1), of, 'delivery', { sent_on })
  const first = await deleteOfTenant(db, events, { limit: 2, from: null })
  expect(first).toMatchObject({ rows: 2 })
  await insertEvent(daysAgo(1), of, 'delivery', { sent_on })
  expect(await deleteOfTenant(db, events, { limit: 2, from: first.mailboxId })).toMatchObject({ rows: 1 })
  expect(await deleteOfTenant(db, events, { limit: 2, from: first.mailboxId })).toMatchObject({ rows: 0 })
  expect(await figures(of)).toEqual({ sent: 4, late: 1 })
})

test('what goes is decided by the clock of the database, not by that of a machine', async () => {
  await insertEvent(daysAgo(40))
  await ensureEventPartitions(database.db, new Date())
  const before = await wouldGo()
  onTestFinished(() => void vi.useRealTimers())
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120 * 86_400_000 })
  expect(await wouldGo()).toEqual(before)
})

test('a month of warmup goes and no day of the others is sealed; one that somebody reads stays for now', async () => {
  const { db } = database
  await sql`truncate analytics_sealed_days`.execute(db)
  const of = await insertMailbox(db, (await insertTenant(db)).id)
  await insertEvent(daysAgo(220), of, 'warmup')
  await ensureEventPartitions(db, new Date())
  const [month] = await listPartitionsBefore(db, 'warmup', daysAgo(180))
  if (!month) return expect.fail('no month of warmup is old')
  const reading = await openTransaction(db)
  await sql`lock table ${sql.table(month.name)} in access share mode`.execute(reading.trx)
  expect(await dropMonth(db, month)).toBeUndefined()
  await reading.rollback()
  expect(await dropMonth(db, month)).toBe(1)
  expect(await db.selectFrom('analytics_sealed_days').selectAll().execute()).toEqual([])
})
