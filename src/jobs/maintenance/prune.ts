import type { Db } from '../../db/connect.ts'
import { countOldMessages, deleteOldMessages, type InboundRetention } from '../../inbox/retention-store.ts'
import {
  countOldBudgets,
  countOldJobLogs,
  deleteOldBudgets,
  deleteOldJobLogs,
} from '../../sending/retention-store.ts'

export interface PruneRoom {
  db: Db
  retention: InboundRetention
}

/** One kind of thing that is kept for a while. */
export interface Prunable {
  what: string
  /** In words. */
  keptFor: string
  /** Rows that are kept no longer; of a dropped partition, those in it. */
  rows: number
}

interface Chore extends Omit<Prunable, 'rows'> {
  count(): Promise<number>
  /** What is left when the signal is aborted goes the next night. */
  prune(signal: AbortSignal): Promise<number>
}

/** Deletes all that is kept no longer; returns how many rows. */
export async function prune(room: PruneRoom, signal: AbortSignal): Promise<number> {
  let deleted = 0
  for (const chore of choresOf(room)) deleted += await chore.prune(signal)
  return deleted
}

/** What `prune` would delete now. */
export async function listPrunable(room: PruneRoom): Promise<Prunable[]> {
  const prunable: Prunable[] = []
  for (const { what, keptFor, count } of choresOf(room)) prunable.push({ what, keptFor, rows: await count() })
  return prunable
}

function choresOf({ db, retention }: PruneRoom): Chore[] {
  const { unmatchedDays, matchedDays } = retention
  return [
    {
      what: 'budgets of past days',
      keptFor: '7 days',
      count: () => countOldBudgets(db),
      prune: () => deleteOldBudgets(db),
    },
    {
      what: 'job logs',
      keptFor: '30 days',
      count: () => countOldJobLogs(db),
      prune: () => deleteOldJobLogs(db),
    },
    {
      what: 'messages that came in',
      keptFor: `${matchedDays} days, ${unmatchedDays} if about none of ours`,
      count: () => countOldMessages(db, retention),
      prune: (signal) =>
        inBatches(signal, () =>
          db.transaction().execute((trx) => deleteOldMessages(trx, retention, batchSize)),
        ),
    },
  ]
}

/** Rows of one transaction. */
const batchSize = 1000

async function inBatches(signal: AbortSignal, deleteBatch: () => Promise<number>): Promise<number> {
  let deleted = 0
  while (!signal.aborted) {
    const batch = await deleteBatch()
    deleted += batch
    if (batch === 0) break
  }
  return deleted
}
