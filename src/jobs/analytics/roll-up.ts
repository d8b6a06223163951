import { listFactDifferences, listMendableFacts, mendFacts } from '../../analytics/audit-facts-store.ts'
import { listUncountedDays } from '../../analytics/audit-sent-store.ts'
import { listDayDifferences } from '../../analytics/audit-store.ts'
import { listCampaignDifferences, listMonthDifferences } from '../../analytics/audit-totals-store.ts'
import { addUpMonths, touchMonths } from '../../analytics/billing-store.ts'
import { rebuildDays, recomputeDays, sumCampaigns } from '../../analytics/daily-store.ts'
import { countLate, dateNewEvents, touchDays } from '../../analytics/dated-store.ts'
import type { AuditedDays, Difference } from '../../analytics/difference-store.ts'
import { touchWritingsOfNewEvents } from '../../analytics/happened-store.ts'
import { setLastAudit } from '../../analytics/last-audit-store.ts'
import {
  adoptEvents,
  areDaysSealed,
  countEvents,
  findNewEvents,
  lockRollup,
  lockWatermark,
  setWatermark,
  tryLockRollup,
} from '../../analytics/watermark-store.ts'
import type { Db, Trx } from '../../db/connect.ts'
import { untilAnswered } from '../../db/retry.ts'

export interface RollUp {
  /** Counted by the pass: new ones, or all. */
  events: number
}

/**
 * Counts what became visible since the last pass; without one that says so, all events that are kept. Rows and watermark
 * commit together. Undefined where another pass is at it.
 */
export function rollUp(db: Db): Promise<RollUp | undefined> {
  return unlessBusy(db, (trx) => count(trx, 'new'))
}

/**
 * Counts what is new, then does something that sees no event that is not counted, all or nothing. Waits for a pass that is at
 * it.
 */
export function afterCounting<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  return inSnapshot(db, async (trx) => {
    await lockRollup(trx)
    await count(trx, 'new')
    return work(trx)
  })
}

export interface Rebuilt extends RollUp {
  /** Emails of the ledger of which an event told another first fact. */
  facts: number
}

/**
 * Computes every day again that is not sealed, from all events that are kept; then gives the emails that were sent on these days
 * the first facts that their events tell of. Undefined where a pass is at it.
 */
export async function rebuild(db: Db): Promise<Rebuilt | undefined> {
  const rebuilt = await unlessBusy(db, (trx) => count(trx, 'all'))
  return rebuilt && { ...rebuilt, facts: await mendAllFacts(db) }
}

// After it, in batches: who records an answer waits for a moment, and holds nothing up for ever.
async function mendAllFacts(db: Db): Promise<number> {
  const emails = await untilAnswered(() => listMendableFacts(db))
  let mended = 0
  for (let from = 0; from < emails.length; from += factBatch) {
    const batch = emails.slice(from, from + factBatch)
    mended += await untilAnswered(() => db.transaction().execute((trx) => mendFacts(trx, batch)))
  }
  return mended
}

const factBatch = 1000

async function count(trx: Trx, which: 'new' | 'all'): Promise<RollUp> {
  const watermark = await lockWatermark(trx)
  const isAll = which === 'all' || !watermark.own || !watermark.sameMethod
  // What is late is known from what is new alone: sealed days are not computed again.
  const events = !isAll || (await areDaysSealed(trx)) ? await findNewEvents(trx, watermark) : 0
  if (events > 0) {
    await dateNewEvents(trx)
    await countLate(trx)
  }
  if (isAll) return recomputeAll(trx)
  if (events > 0) await recomputeTouched(trx)
  await setWatermark(trx)
  return { events }
}

async function recomputeTouched(trx: Trx): Promise<void> {
  await touchDays(trx)
  await touchWritingsOfNewEvents(trx)
  await recomputeDays(trx)
  await sumCampaigns(trx, 'touched')
  await touchMonths(trx, 'touched')
}

async function recomputeAll(trx: Trx): Promise<RollUp> {
  await adoptEvents(trx)
  const events = await countEvents(trx)
  await rebuildDays(trx)
  await sumCampaigns(trx, 'all')
  await touchMonths(trx, 'all')
  await setWatermark(trx)
  return { events }
}

/** Adds up the months whose days passes have computed since; returns how many. Waits for the pass that is under way. */
export function sumMonths(db: Db): Promise<number> {
  return untilAnswered(() =>
    db.transaction().execute(async (trx) => {
      await lockRollup(trx)
      return addUpMonths(trx)
    }),
  )
}

/**
 * Computes aside all that is derived, and lists what differs from what is stored: nothing. Counts what is new, and adds up
 * its months, first. Of all days, it is kept how it ended.
 */
export function audit(db: Db, days: AuditedDays): Promise<Difference[] | undefined> {
  return unlessBusy(db, async (trx) => {
    await count(trx, 'new')
    await addUpMonths(trx)
    const differences = [
      ...(await listDayDifferences(trx, days, mostDifferences)),
      ...(await listCampaignDifferences(trx, mostDifferences)),
      ...(await listMonthDifferences(trx, days, mostDifferences)),
      ...(await listFactDifferences(trx, days, mostDifferences)),
      ...(await listUncountedDays(trx, days, mostDifferences)),
    ]
    if (days.from === '-infinity' && days.to === 'infinity') await setLastAudit(trx, differences.length)
    return differences
  })
}

/** An audit finds no more of each kind: what is compared, and with what. */
export const mostDifferences = 100

function unlessBusy<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T | undefined> {
  return inSnapshot(db, async (trx) => ((await tryLockRollup(trx)) ? work(trx) : undefined))
}

// A conflict means that another pass has committed since this one began: it begins anew, with what is new then.
function inSnapshot<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  return untilAnswered(() => db.transaction().setIsolationLevel('repeatable read').execute(work))
}
