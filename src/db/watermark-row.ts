import { sql } from 'kysely'
import type { Trx } from './connect.ts'

/** A row that holds its transaction id was written in these files: one that came with a dump was written by the restore. */
export const isWrittenHere = sql<boolean>`coalesce(mod(xid::text::numeric, 4294967296) = xmin::text::numeric, false)`

/** Of a watermark `w` beside pg_control_system() `s`: what it says of transactions is said of those of this server. */
export const isOfThisServer = sql<boolean>`(w.system_identifier = s.system_identifier or ${isWrittenHere})`

/** Before the first pass the watermark says that nothing has been counted, by a method of nobody's. */
export async function ensureWatermark(trx: Trx): Promise<void> {
  await sql`
    insert into analytics_watermark (snapshot, system_identifier, method, xid)
    select '1:1:', system_identifier, 0, pg_current_xact_id() from pg_control_system()
    on conflict do nothing`.execute(trx)
}

/**
 * A pass that is under way is waited for, or begins anew once we have committed, and sees what we have done. Until then no
 * other begins.
 */
export async function restartPasses(trx: Trx): Promise<void> {
  await ensureWatermark(trx)
  await sql`
    update analytics_watermark
       set xid = case when ${isWrittenHere} then pg_current_xact_id() end`.execute(trx)
}
