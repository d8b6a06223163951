import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { ensureWatermark, isOfThisServer, isWrittenHere, restartPasses } from '../db/watermark-row.ts'

/** Up to where events are counted: the snapshot of the last pass. */
export interface Watermark {
  snapshot: string
  /** The transactions from this one on had not begun, those in `open` had not ended. */
  next: string
  open: string[]
  /**
   * Taken in this database system, or in these files before a major upgrade: after a dump was restored elsewhere, its
   * transaction ids are those of another.
   */
  own: boolean
  /** The days that it says are counted were computed as they are now. */
  sameMethod: boolean
}

/** Raised when days are computed otherwise than before: the next pass then computes all of them anew. */
const method = 2

/** Waits for the pass or rebuild that is under way; others wait until the transaction ends. */
export async function lockRollup(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx)
}

/** As `lockRollup`, but false where somebody else is at it. */
export async function tryLockRollup(trx: Trx): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${lockKey}) as mine`.execute(
    trx,
  )
  return rows[0]?.mine ?? false
}

const lockKey = sql`hashtextextended('rookery rollup ' || current_schema(), 0)`

export async function lockWatermark(trx: Trx): Promise<Watermark> {
  await ensureWatermark(trx)
  const { rows } = await sql<Watermark>`
    select w.snapshot::text as snapshot, pg_snapshot_xmax(w.snapshot)::text as next,
           array(select pg_snapshot_xip(w.snapshot)::text) as open,
           ${isOfThisServer} as own, w.method = ${method} as "sameMethod"
      from analytics_watermark w, pg_control_system() s for update of w`.execute(trx)
  const [row] = rows
  if (!row) throw new Error('The watermark of the rollup is gone, though it was there a moment ago.')
  return row
}

/** To what this transaction sees. */
export async function setWatermark(trx: Trx): Promise<void> {
  await sql`
    update analytics_watermark
       set snapshot = pg_current_snapshot(), system_identifier = s.system_identifier, method = ${method},
           xid = pg_current_xact_id(), passed_at = now()
      from pg_control_system() s`.execute(trx)
}

/**
 * Gives events that came with a dump from another server, whose transaction ids are still to come here, one that is long
 * past: they would be new to every pass, and never counted enough to be dropped.
 */
export async function adoptEvents(trx: Trx): Promise<void> {
  await sql`
    update email_events set xid = '3' where not pg_visible_in_snapshot(xid, pg_current_snapshot())`.execute(
    trx,
  )
}

/** A condition on a row `v` with its tenant: the day is as it stands, whatever is told of it later. */
export const isSealed = (day: string) => sql<boolean>`exists (
  select from analytics_sealed_days s
   where (s.tenant_id = v.tenant_id or s.tenant_id is null) and ${sql.ref(day)} <= s.through)`

export async function areDaysSealed(trx: Trx): Promise<boolean> {
  const { rows } = await sql<{ some: boolean }>`
    select exists (select from analytics_sealed_days) as some`.execute(trx)
  return rows[0]?.some ?? false
}

/**
 * Notes for this transaction the events that became visible since the watermark, and returns how many. An event whose
 * transaction was open then is among them once it has ended, and once only.
 */
export async function findNewEvents(trx: Trx, watermark: Watermark): Promise<number> {
  await sql`
    create temporary table new_events on commit drop as
    select id, tenant_id, campaign_id, email_account_id as mailbox_id, email_id, type, sent_on, recorded_at,
           (recorded_at at time zone 'UTC')::date as recorded_on
      from email_events where class in ('delivery', 'engagement') and (${isNew(watermark)})`.execute(trx)
  await sql`analyze new_events`.execute(trx)
  const { rows } = await sql<{ count: number }>`select count(*) as count from new_events`.execute(trx)
  return rows[0]?.count ?? 0
}

// In another system: what came with the dump tells by the ids there whether it was counted there. What was written here
// since was not; its row was written by the transaction that it names, and that of the others by the restore.
function isNew({ own, snapshot, next, open }: Watermark) {
  // By index, since both are constants to the planner. From xmin on it would be all since the oldest writer that was open.
  if (own) return sql`xid >= ${next}::xid8 or xid = any(${sql.val(open)}::xid8[])`
  return sql`not pg_visible_in_snapshot(xid, ${snapshot}::pg_snapshot) or ${isWrittenHere}`
}

export interface Seal {
  /** Null: of every tenant. */
  tenantId: string | null
  /** YYYY-MM-DD, the last day that is sealed. */
  through: string
}

/**
 * From here on these days are as they stand: what is told of them later counts as late. A pass that began before, and has
 * not seen this, cannot commit.
 */
export async function setSealed(trx: Trx, { tenantId, through }: Seal): Promise<void> {
  await sql`
    insert into analytics_sealed_days as s (tenant_id, through) values (${tenantId}, ${through})
    on conflict on constraint analytics_sealed_days_key do update
       set through = excluded.through, sealed_at = now() where s.through < excluded.through`.execute(trx)
  await restartPasses(trx)
}

/**
 * Whether every event of a partition has been counted, so that it can go. A watermark of another system says nothing of the
 * transactions of this one, and one of another method nothing of the figures.
 */
export async function isCounted(trx: Trx, partition: string): Promise<boolean> {
  const watermark = await lockWatermark(trx)
  if (!watermark.own || !watermark.sameMethod) return false
  const { rows } = await sql<{ some: boolean }>`
    select exists (select from ${sql.table(partition)} where ${isNew(watermark)}) as some`.execute(trx)
  return rows[0]?.some === false
}

/** All that are kept. */
export async function countEvents(trx: Trx): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from email_events`.execute(trx)
  return rows[0]?.count ?? 0
}
