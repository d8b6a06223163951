import { sql } from 'kysely'
import type { Db, Trx } from './connect.ts'
import { isOfThisServer, isWrittenHere, restartPasses } from './watermark-row.ts'

export const eventClasses = ['delivery', 'engagement', 'warmup'] as const
export type EventClass = (typeof eventClasses)[number]

// One number for all installations in a database; held only while a partition is made.
export const partitionLock = 7_726_514_210

/** A partition of one class and one month (UTC). */
interface EventPartition {
  eventClass: EventClass
  name: string
  /** First moment of the month, and of the next. */
  from: Date
  until: Date
}

/**
 * Creates the event partitions of this month and of `monthsAhead` more, and moves what the default
 * partition holds into the months it belongs to. Returns the names created. Safe in several processes at once.
 */
export async function ensureEventPartitions(db: Db, now: Date, monthsAhead = 3): Promise<string[]> {
  const missing = await listMissingPartitions(db, now, monthsAhead)
  const created: string[] = []
  for (const partition of missing) {
    const isNew = await db.transaction().execute((trx) => createPartition(trx, partition))
    if (isNew) created.push(partition.name)
  }
  return created
}

async function listMissingPartitions(db: Db, now: Date, monthsAhead: number): Promise<EventPartition[]> {
  const missing: EventPartition[] = []
  for (const eventClass of eventClasses) {
    const existing = await listPartitionNames(db, eventClass)
    const months = [...upcomingMonths(now, monthsAhead), ...(await listStrayMonths(db, eventClass))]
    const wanted = months.map((month) => eventPartition(eventClass, month))
    const byName = new Map(wanted.map((partition) => [partition.name, partition]))
    missing.push(...byName.values().filter(({ name }) => !existing.has(name)))
  }
  return missing
}

function upcomingMonths(now: Date, monthsAhead: number): Date[] {
  return Array.from({ length: monthsAhead + 1 }, (_, ahead) => monthStart(now, ahead))
}

function monthStart(date: Date, ahead: number): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1))
}

function eventPartition(eventClass: EventClass, month: Date): EventPartition {
  const [year, number] = month.toISOString().split('-')
  const name = `email_events_${eventClass}_y${year}m${number}`
  return { eventClass, name, from: monthStart(month, 0), until: monthStart(month, 1) }
}

async function listPartitionNames(db: Db, eventClass: EventClass): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = ${`email_events_${eventClass}`}::regclass`.execute(db)
  return new Set(rows.map(({ name }) => name))
}

async function listStrayMonths(db: Db, eventClass: EventClass): Promise<Date[]> {
  const { rows } = await sql<{ month: Date }>`
    select distinct date_trunc('month', recorded_at, 'UTC') as month
      from ${sql.table(`email_events_${eventClass}_default`)}`.execute(db)
  return rows.map(({ month }) => month)
}

async function createPartition(trx: Trx, partition: EventPartition): Promise<boolean> {
  const parent = sql.table(`email_events_${partition.eventClass}`)
  const table = sql.table(partition.name)
  await sql`select pg_advisory_xact_lock(${sql.lit(partitionLock)})`.execute(trx)
  if ((await listPartitionNames(trx, partition.eventClass)).has(partition.name)) return false
  // A pass that began before would look in the new partition for events that, to it, are not there yet. Before any lock on
  // events: one that is under way is waited for.
  await restartPasses(trx)
  // Writers wait here, before they choose a partition: one that had chosen the default would fail when it
  // found its month attached, and an event may never fail a settle. Readers do not wait.
  await sql`set local lock_timeout = '10s'`.execute(trx)
  await sql`lock table ${parent} in share row exclusive mode`.execute(trx)
  await sql`create table ${table} (like ${parent} including defaults including constraints)`.execute(trx)
  await moveFromDefault(trx, partition)
  await sql`
    alter table ${parent} attach partition ${table}
      for values from (${sql.lit(partition.from.toISOString())}) to (${sql.lit(partition.until.toISOString())})`.execute(
    trx,
  )
  return true
}

async function moveFromDefault(trx: Trx, { eventClass, name, from, until }: EventPartition): Promise<void> {
  const stray = sql.table(`email_events_${eventClass}_default`)
  const isOfMonth = sql`recorded_at >= ${from} and recorded_at < ${until}`
  // Until the first pass after a restore elsewhere, what was written here is known by its row, which is written anew.
  await sql`
    update ${stray} set xid = pg_current_xact_id()
     where ${isOfMonth} and ${isWrittenHere}
       and not (select ${isOfThisServer} from analytics_watermark w, pg_control_system() s)`.execute(trx)
  await sql`
    with moved as (delete from ${stray} where ${isOfMonth} returning *)
    insert into ${sql.table(name)} select * from moved`.execute(trx)
}
