import { sql } from 'kysely'
import type { Db, Trx } from './connect.ts'
import type { EventClass } from './partitions.ts'

/** A month of events of one class, all of them written before `until`. */
export interface OldPartition {
  name: string
  eventClass: EventClass
  until: Date
}

/** Months of a class that ended before a moment, the oldest first. */
export async function listPartitionsBefore(
  db: Db,
  eventClass: EventClass,
  before: Date,
): Promise<OldPartition[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = ${`email_events_${eventClass}`}::regclass order by 1`.execute(db)
  return rows.flatMap(({ name }) => {
    const [, year, month] = /_y(\d{4})m(\d{2})$/.exec(name) ?? []
    const until = new Date(Date.UTC(Number(year), Number(month)))
    return until <= before ? [{ name, eventClass, until }] : []
  })
}

export async function countPartition(db: Db, { name }: OldPartition): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(db)
  return rows[0]?.count ?? 0
}

/**
 * Keeps everybody else out of a partition until the transaction ends, and writers out of its class. Throws
 * (`isLockTimeout`) where somebody stays in it for 3 s: those who write events wait behind us.
 */
export async function lockPartition(trx: Trx, { name, eventClass }: OldPartition): Promise<void> {
  await sql`set local lock_timeout = '3s'`.execute(trx)
  await sql`lock table only ${sql.table(`email_events_${eventClass}`)} in access exclusive mode`.execute(trx)
  await sql`lock table ${sql.table(name)} in access exclusive mode`.execute(trx)
}

export async function dropPartition(trx: Trx, { name }: OldPartition): Promise<void> {
  await sql`drop table ${sql.table(name)}`.execute(trx)
}
