import {
  countOldKeys,
  countTenantEvents,
  deleteOldKeys,
  type TenantEvents,
} from '../../analytics/retention-store.ts'
import type { Db } from '../../db/connect.ts'
import { countPartition, listPartitionsBefore } from '../../db/old-partitions.ts'
import { type EventClass, eventClasses } from '../../db/partitions.ts'
import { countOldMessages, deleteOldMessages, type InboundRetention } from '../../inbox/retention-store.ts'
import {
  countOldBudgets,
  countOldJobLogs,
  deleteOldBudgets,
  deleteOldJobLogs,
} from '../../sending/retention-store.ts'
import { listShorterRetentions } from '../../tenants/plan-store.ts'
import { rollUp } from '../analytics/roll-up.ts'
import { deleteOfTenant, dropMonth } from './old-events.ts'

export interface Retention extends InboundRetention {
  /** Of events of delivery and engagement. */
  eventDays: number
  warmupEventDays: number
}

export interface PruneRoom {
  db: Db
  retention: Retention
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
  for (const chore of await choresOf(room)) deleted += await chore.prune(signal)
  return deleted
}

/** What `prune` would delete now. */
export async function listPrunable(room: PruneRoom): Promise<Prunable[]> {
  const prunable: Prunable[] = []
  for (const { what, keptFor, count } of await choresOf(room))
    prunable.push({ what, keptFor, rows: await count() })
  return prunable
}

async function choresOf(room: PruneRoom): Promise<Chore[]> {
  return [...rowChores(room), ...(await monthChores(room)), ...(await tenantChores(room))]
}

function rowChores({ db, retention }: PruneRoom): Chore[] {
  const { unmatchedDays, matchedDays, eventDays } = retention
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
    {
      what: 'keys of events',
      keptFor: 'as long as events',
      count: () => countOldKeys(db, eventDays),
      prune: (signal) => inBatches(signal, () => deleteOldKeys(db, eventDays, batchSize)),
    },
  ]
}

const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000)

/** Events go by whole months. */
async function monthChores({ db, retention }: PruneRoom): Promise<Chore[]> {
  const daysOf = (eventClass: EventClass) =>
    eventClass === 'warmup' ? retention.warmupEventDays : retention.eventDays
  const months = await Promise.all(
    eventClasses.map((eventClass) => listPartitionsBefore(db, eventClass, daysAgo(daysOf(eventClass)))),
  )
  return months.flat().map((month) => ({
    what: month.name,
    keptFor: `${daysOf(month.eventClass)} days`,
    count: () => countPartition(db, month),
    prune: async (signal) => (signal.aborted ? 0 : dropMonth(db, month)),
  }))
}

async function tenantChores({ db, retention }: PruneRoom): Promise<Chore[]> {
  const tenants = await listShorterRetentions(db, retention.eventDays)
  return tenants.map(({ tenantId, name, days }) => {
    const events: TenantEvents = { tenantId, before: daysAgo(days) }
    return {
      what: `events of the tenant ${name}`,
      keptFor: `${days} days`,
      count: () => countTenantEvents(db, events),
      prune: async (signal) => {
        await rollUp(db)
        return inBatches(signal, () => deleteOfTenant(db, events, batchSize))
      },
    }
  })
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
