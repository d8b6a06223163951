import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'

const oldKeys = (days: number) => sql`email_event_keys where recorded_at < now() - ${days} * interval '1 day'`

/** Deletes at most so many keys that are older than so many days; returns how many. */
export async function deleteOldKeys(db: Db, days: number, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from email_event_keys
     where (tenant_id, id) in (select tenant_id, id from ${oldKeys(days)} limit ${limit})`.execute(db)
  return Number(numAffectedRows ?? 0)
}

export async function countOldKeys(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${oldKeys(days)}`.execute(db)
  return rows[0]?.count ?? 0
}

/** Events of delivery and engagement of one tenant that were written before a moment. */
export interface TenantEvents {
  tenantId: string
  before: Date
}

const eventsOf = ({ tenantId, before }: TenantEvents) => sql`
  email_events where class in ('delivery', 'engagement') and tenant_id = ${tenantId} and recorded_at < ${before}`

/** Without those in some partitions, which go as a whole. */
export async function countTenantEvents(
  db: Db,
  events: TenantEvents,
  partitions: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${eventsOf(events)}
       and tableoid <> all(array(select oid from pg_class where relname = any(${partitions})))`.execute(db)
  return rows[0]?.count ?? 0
}

/** What a batch deleted. */
export interface Deleted {
  rows: number
  /** The mailbox that the next batch begins with: of those before it, nothing is left. */
  mailboxId: string | null
}

/**
 * Deletes at most so many of them that a pass has counted, a mailbox after the other, from one on: what is kept of those that
 * are done is not read again.
 */
export async function deleteTenantEvents(
  trx: Trx,
  events: TenantEvents,
  { limit, from }: { limit: number; from: string | null },
): Promise<Deleted> {
  const { rows } = await sql<{ mailbox_id: string }>`
    with old as materialized (
      select v.class, v.recorded_at, v.id from (select * from ${eventsOf(events)}) v, analytics_watermark w
       where v.email_account_id >= coalesce(${from}::uuid, '00000000-0000-0000-0000-000000000000')
         and pg_visible_in_snapshot(v.xid, w.snapshot)
       order by v.email_account_id limit ${limit}
    )
    delete from email_events where (class, recorded_at, id) in (select * from old) and recorded_at < ${events.before}
    returning email_account_id as mailbox_id`.execute(trx)
  const mailboxId = rows.reduce<string | null>(
    (last, { mailbox_id: id }) => (last && last > id ? last : id),
    from,
  )
  return { rows: rows.length, mailboxId }
}
