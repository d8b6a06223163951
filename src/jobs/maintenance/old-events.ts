import { type Deleted, deleteTenantEvents, type TenantEvents } from '../../analytics/retention-store.ts'
import { isCounted, lockRollup, lockWatermark, setSealed } from '../../analytics/watermark-store.ts'
import type { Db } from '../../db/connect.ts'
import { countPartition, dropPartition, lockPartition, type OldPartition } from '../../db/old-partitions.ts'
import { isLockTimeout } from '../../db/retry.ts'
import { afterCounting, rollUp } from '../analytics/roll-up.ts'

const hourMs = 3_600_000

// Days are those of mailboxes, up to 14 hours ahead of UTC.
const lastDayBefore = (moment: Date): string =>
  new Date(moment.getTime() + 14 * hourMs).toISOString().slice(0, 10)

/**
 * Seals the days of a month whose events are kept no longer, and drops it, once every event in it has been counted. Returns
 * how many events went; undefined where one has not been counted, or somebody stays in it: the next night.
 */
export async function dropMonth(db: Db, month: OldPartition): Promise<number | undefined> {
  await rollUp(db)
  // While others still write.
  const events = await countPartition(db, month)
  const drop = db.transaction().execute(async (trx) => {
    await lockRollup(trx)
    // First, as those do who make a month.
    await lockWatermark(trx)
    await lockPartition(trx, month)
    if (!(await isCounted(trx, month.name))) return undefined
    // No figure of a day comes from the events of warmup: those of the other classes are kept, and go on being counted.
    if (month.eventClass !== 'warmup')
      await setSealed(trx, { tenantId: null, through: lastDayBefore(month.until) })
    await dropPartition(trx, month)
    return events
  })
  return drop.catch((error) => (isLockTimeout(error) ? undefined : Promise.reject(error)))
}

/**
 * As `dropMonth`, for a batch of the events of a tenant that keeps them for a shorter time, from a mailbox on. They are
 * counted in the same moment: what is told of their days later is late.
 */
export function deleteOfTenant(
  db: Db,
  events: TenantEvents,
  batch: { limit: number; from: string | null },
): Promise<Deleted> {
  return afterCounting(db, async (trx) => {
    await setSealed(trx, { tenantId: events.tenantId, through: lastDayBefore(events.before) })
    return deleteTenantEvents(trx, events, batch)
  })
}
