import {
  countOldKeys,
  countTenantEvents,
  deleteOldKeys,
  type TenantEvents,
} from '../../analytics/retention-store.ts'
import type { Db } from '../../db/connect.ts'
import { readNow } from '../../db/now.ts'
import { countPartition, listPartitionsBefore, type OldPartition } from '../../db/old-partitions.ts'
import { type EventClass, eventClasses } from '../../db/partitions.ts'
import { countOldMessages, deleteOldMessages, type InboundRetention } from '../../inbox/retention-store.ts'
import {
  countOldBudgets,
  countOldJobLogs,
  deleteOldBudgets,
  deleteOldJobLogs,
} from '../../sending/retention-store.ts'
import { listShorterRetentions } from '../../tenants/plan-store.ts'
import {
  conversationDays,
  countOldConversations,
  countOldRejects,
  deleteOldConversations,
  deleteOldRejects,
} from '../../warmup/retention-store.ts'
import { rollUp } from '../analytics/roll-up.ts'
import { deleteOfTenant, dropMonth } from './old-events.ts'
import { type Chore, mostOf, takeTurns } from './turns.ts'

export interface Retention extends InboundRetention {
  /** Of events of delivery and engagement. */
  eventDays: number
  warmupEventDays: number
}

export interface PruneRoom {
  db: Db
  retention: Retention
}

/** What goes of one kind of thing. */
export interface Prunable {
  what: string
  /** In words. */
  keptFor: string
  /** Rows of tonight; of a dropped partition, those in it. */
  rows: number
  /** False where more is kept no longer than goes in one night. */
  finished: boolean
}

/** Deletes what is kept no longer, as long as the signal lets it; the rest goes another night. */
export async function prune(room: PruneRoom, signal: AbortSignal): Promise<Prunable[]> {
  // Events go once they are counted.
  await rollUp(room.db)
  const pruned = await takeTurns(await choresOf(room), signal)
  return pruned.map(({ chore: { what, keptFor }, ...of }) => ({ what, keptFor, ...of }))
}

/** What `prune` would delete now, if it had the time. */
export async function listPrunable(room: PruneRoom): Promise<Prunable[]> {
  const prunable: Prunable[] = []
  for (const chore of await choresOf(room)) {
    const [rows, most] = [await chore.count(), mostOf(chore)]
    const { what, keptFor } = chore
    prunable.push({ what, keptFor, rows: Math.min(rows, most), finished: rows <= most })
  }
  return prunable
}

async function choresOf(room: PruneRoom): Promise<Chore[]> {
  // What goes is gone for good: not by the clock of a machine that may be wrong.
  const now = await readNow(room.db)
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
  const months = await listOldMonths(room, daysAgo)
  return [
    ...rowChores(room),
    ...warmupChores(room),
    ...monthChores(room, months),
    ...(await tenantChores(room, months, daysAgo)),
  ]
}

type DaysAgo = (days: number) => Date

function rowChores({ db, retention }: PruneRoom): Chore[] {
  const { unmatchedDays, matchedDays, eventDays } = retention
  return [
    {
      what: 'budgets of past days',
      keptFor: '7 days',
      count: () => countOldBudgets(db),
      prune: () => deleteOldBudgets(db),
      batched: false,
    },
    {
      what: 'job logs',
      keptFor: '30 days',
      count: () => countOldJobLogs(db),
      prune: () => deleteOldJobLogs(db),
      batched: false,
    },
    {
      what: 'messages that came in',
      keptFor: `${matchedDays} days, ${unmatchedDays} if about none of ours`,
      count: () => countOldMessages(db, retention),
      prune: () => db.transaction().execute((trx) => deleteOldMessages(trx, retention, batchSize)),
      batched: true,
    },
    {
      what: 'keys of events',
      keptFor: `${eventDays + keyGraceDays} days: a month more than events`,
      count: () => countOldKeys(db, eventDays + keyGraceDays),
      prune: () => deleteOldKeys(db, eventDays + keyGraceDays, batchSize),
      batched: true,
    },
  ]
}

function warmupChores({ db, retention: { warmupEventDays } }: PruneRoom): Chore[] {
  const days = conversationDays(warmupEventDays)
  return [
    {
      what: 'conversations of warmup',
      keptFor: `${days} days`,
      count: () => countOldConversations(db, days),
      prune: () => deleteOldConversations(db, days, batchSize),
      batched: true,
    },
    {
      what: 'rejected tokens of warmup',
      keptFor: `${warmupEventDays} days`,
      count: () => countOldRejects(db, warmupEventDays),
      prune: () => deleteOldRejects(db, warmupEventDays, batchSize),
      batched: true,
    },
  ]
}

const daysOf = ({ eventDays, warmupEventDays }: Retention, eventClass: EventClass): number =>
  eventClass === 'warmup' ? warmupEventDays : eventDays

// What takes keys is told again within hours; a month more than the events, since those go by whole months.
const keyGraceDays = 31

const monthOf = ({ until }: OldPartition): string =>
  new Date(until.getTime() - 1).toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** Events go by whole months. */
async function listOldMonths({ db, retention }: PruneRoom, daysAgo: DaysAgo): Promise<OldPartition[]> {
  const months = await Promise.all(
    eventClasses.map((eventClass) =>
      listPartitionsBefore(db, eventClass, daysAgo(daysOf(retention, eventClass))),
    ),
  )
  return months.flat()
}

function monthChores({ db, retention }: PruneRoom, months: readonly OldPartition[]): Chore[] {
  return months.map((month) => ({
    what: `${month.eventClass} events of ${monthOf(month)}`,
    keptFor: `${daysOf(retention, month.eventClass)} days`,
    count: () => countPartition(db, month),
    prune: () => dropMonth(db, month),
    batched: false,
  }))
}

async function tenantChores(
  { db, retention }: PruneRoom,
  months: readonly OldPartition[],
  daysAgo: DaysAgo,
): Promise<Chore[]> {
  const tenants = await listShorterRetentions(db, retention.eventDays)
  const going = months.map(({ name }) => name)
  return tenants.map(({ tenantId, name, days }) => {
    const events: TenantEvents = { tenantId, before: daysAgo(days) }
    let from: string | null = null
    return {
      what: `events of the tenant ${name}`,
      keptFor: `${days} days`,
      count: () => countTenantEvents(db, events, going),
      async prune() {
        const deleted = await deleteOfTenant(db, events, { limit: batchSize, from })
        from = deleted.mailboxId
        return deleted.rows
      },
      batched: true,
      mostRows: mostOfTenant,
    }
  })
}

/** Rows of one transaction. */
const batchSize = 1000

/** Of a night. */
const mostOfTenant = 200_000
