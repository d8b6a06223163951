import { deleteTenantEvents, type TenantEvents } from '../../analytics/retention-store.ts'
import { isCounted, lockRollup, setSealed } from '../../analytics/watermark-store.ts'
import type { Db } from '../../db/connect.ts'
import { countPartition, dropPartition, lockPartition, type OldPartition } from '../../db/old-partitions.ts'
import { rollUp } from '../analytics/roll-up.ts'

const hourMs = 3_600_000

// Days are those of mailboxes, up to 14 hours ahead of UTC.
const lastDayBefore = (moment: Date): string =>
  new Date(moment.getTime() + 14 * hourMs).toISOString().slice(0, 10)

/**
 * Seals the days of a month whose events are kept no longer, and drops it, once every event in it has been counted. Returns
 * how many events went; 0 where one has not been counted, or somebody stays in it: the next night.
 */
export async function dropMonth(db: Db, month: OldPartition): Promise<number> {
  await rollUp(db)
  return db.transaction().execute(async (trx) => {
    await lockRollup(trx)
    await lockPartition(trx, month)
    if (!(await isCounted(trx, month.name))) return 0
    const events = await countPartition(trx, month)
    await setSealed(trx, { tenantId: null, through: lastDayBefore(month.until) })
    await dropPartition(trx, month)
    return events
  })
}

/** As `dropMonth`, for a batch of the events of a tenant that keeps them for a shorter time. */
export async function deleteOfTenant(db: Db, events: TenantEvents, limit: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRollup(trx)
    await setSealed(trx, { tenantId: events.tenantId, through: lastDayBefore(events.before) })
    return deleteTenantEvents(trx, events, limit)
  })
}
