import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import type { Trx } from '../../src/db/connect.ts'
import { ensureEventPartitions } from '../../src/db/partitions.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

const march2031 = new Date('2031-03-31T23:30:00Z')

let database: TestDatabase
beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(() => database.close())

test('this month and three more are created for every class, across the end of a year', async () => {
  const created = await ensureEventPartitions(database.db, new Date('2031-11-15T00:00:00Z'))
  const months = ['y2031m11', 'y2031m12', 'y2032m01', 'y2032m02']
  const names = ['delivery', 'engagement', 'warmup'].flatMap((eventClass) =>
    months.map((month) => `email_events_${eventClass}_${month}`),
  )
  expect(created.sort()).toEqual(names.sort())
})

test('migrating has created the months from now on', async () => {
  expect(await ensureEventPartitions(database.db, new Date())).toEqual([])
})

test('a second call finds nothing to do', async () => {
  await ensureEventPartitions(database.db, march2031)
  expect(await ensureEventPartitions(database.db, march2031)).toEqual([])
})

test('calls at the same moment create each partition once between them', async () => {
  const calls = Array.from({ length: 5 }, () => ensureEventPartitions(database.db, march2031))
  const created = (await Promise.all(calls)).flat()
  expect(created).toHaveLength(12)
  expect(new Set(created).size).toBe(12)
})

test('an event of a month without a partition lands in the default one', async () => {
  await insertEvent('2031-03-05T10:00:00Z')
  expect(await partitionsInUse()).toEqual({ email_events_delivery_default: 1 })
})

test('events of the default partition move to the month they belong to, unchanged', async () => {
  await insertEvent('2031-03-01T00:00:00Z')
  await insertEvent('2031-03-31T23:59:59.999Z')
  await insertEvent('2031-04-01T00:00:00Z')
  const before = await listEvents()
  await ensureEventPartitions(database.db, march2031)
  expect(await partitionsInUse()).toEqual({
    email_events_delivery_y2031m03: 2,
    email_events_delivery_y2031m04: 1,
  })
  expect(await listEvents()).toEqual(before)
})

test('a month that has passed gets its partition too if the default one caught events of it', async () => {
  await insertEvent('2030-12-24T18:00:00Z')
  await ensureEventPartitions(database.db, march2031)
  expect(await partitionsInUse()).toEqual({ email_events_delivery_y2030m12: 1 })
})

test('a new partition has the primary key and the indexes of its parent', async () => {
  await ensureEventPartitions(database.db, march2031)
  const { rows } = await sql<{ parent: number; partition: number }>`
    select count(*) filter (where indrelid = 'email_events_delivery'::regclass) as parent,
           count(*) filter (where indrelid = 'email_events_delivery_y2031m03'::regclass) as partition
      from pg_index`.execute(database.db)
  expect(rows[0]?.parent).toBeGreaterThanOrEqual(5)
  expect(rows[0]?.partition).toBe(rows[0]?.parent)
})

test('an event being written while its month is attached is kept, and its writer does not fail', async () => {
  const { db } = database
  const transaction = await db.startTransaction().execute()
  await insertEvent('2031-03-05T10:00:00Z', transaction)
  const ensuring = ensureEventPartitions(db, march2031)
  await eventually(async () => (await countBlocked()) >= 1)
  const late = insertEvent('2031-03-06T10:00:00Z')
  await eventually(async () => (await countBlocked()) >= 2)
  await transaction.commit().execute()
  await Promise.all([ensuring, late])
  expect(await partitionsInUse()).toEqual({ email_events_delivery_y2031m03: 2 })
})

async function insertEvent(recordedAt: string, db: TestDatabase['db'] | Trx = database.db): Promise<void> {
  await db
    .insertInto('email_events')
    .values({
      class: 'delivery',
      recorded_at: recordedAt,
      id: newId(),
      tenant_id: newId(),
      type: 'sent',
      occurred_at: recordedAt,
      email_id: newId(),
      attempt: 1,
      email_account_id: newId(),
    })
    .execute()
}

function listEvents() {
  return database.db.selectFrom('email_events').selectAll().orderBy('recorded_at').execute()
}

async function partitionsInUse(): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; count: number }>`
    select tableoid::regclass::text as name, count(*) as count from email_events group by 1`.execute(
    database.db,
  )
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
}

async function countBlocked(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
     where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(database.db)
  return rows[0]?.count ?? 0
}
