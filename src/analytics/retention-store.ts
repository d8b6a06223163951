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
 * Deletes at most so many of them, a mailbox after the other, from one on: what is kept of those that are done is not read
 * again. A pass has counted them.
 */
export async function deleteTenantEvents(
  trx: Trx,
  events: TenantEvents,
  { limit, from }: { limit: number; from: string | null },
): Promise<Deleted> {
  const none = '00000000-0000-0000-0000-000000000000'
  // The mailboxes again, for the index by mailbox: by their key alone, all partitions would be read.
  const { rows } = await sql<{ mailbox_id: string }>`
    with old as materialized (
      select class, recorded_at, id, email_account_id from ${eventsOf(events)}
         and email_account_id >= coalesce(${from}::uuid, ${none}) order by email_account_id limit ${limit}
    )
    delete from ${eventsOf(events)}
       and email_account_id between (select email_account_id from old order by 1 limit 1)
                                and (select email_account_id from old order by 1 desc limit 1)
       and (class, recorded_at, id) in (select class, recorded_at, id from old)
    returning email_account_id as mailbox_id`.execute(trx)
  const last = rows
    .map(({ mailbox_id }) => mailbox_id)
    .sort()
    .at(-1)
  return { rows: rows.length, mailboxId: last ?? from }
}
