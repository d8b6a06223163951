import type { OpenDatabase } from '../app/database.ts'
import { listCampaignProgress } from '../campaigns/report-store.ts'
import { isStatementTimeout } from '../db/retry.ts'
import { listNotifications } from '../guardrails/notification-store.ts'
import { countPausedEmails } from '../mailboxes/store.ts'
import { listQueueHealth, listSchedulerTicks } from '../queue/health.ts'
import {
  listBlockedLanes,
  listPausedMailboxes,
  listUnknownEmails,
  readLedgerStatus,
} from '../sending/status-store.ts'

/** Unknown emails that are named; all are counted. */
export const shownUnknown = 20
/** Open notifications that are shown. */
const shownNotifications = 10
/** Ticks are noted every 5 s: a scheduler that is silent for longer has ended or stands still. */
const silentSeconds = 20

export interface FleetStatus {
  database: { host: string; name: string; schema: string; migration: string }
  scheduler: { worker: string; tickedAt: Date; secondsAgo: number; working: boolean } | null
  queues: Awaited<ReturnType<typeof listQueueHealth>>
  blockedLanes: Awaited<ReturnType<typeof listBlockedLanes>>
  pausedMailboxes: Awaited<ReturnType<typeof listPaused>>
  ledger: Awaited<ReturnType<typeof readLedgerStatus>> | null
  unknown: { count: number; emails: Awaited<ReturnType<typeof listUnknownEmails>> }
  campaigns: Awaited<ReturnType<typeof listCampaignProgress>>
  /** Open ones, the newest first. */
  notifications: Awaited<ReturnType<typeof listNotifications>>
  /** Parts that the database did not answer in time. */
  unanswered: string[]
}

/** Everything at once; a part that the database does not answer in time is left empty and named. */
export async function readFleetStatus(
  { db, url }: Pick<OpenDatabase, 'db' | 'url'>,
  schema: { name: string; migration: string },
  tenantId: string | null,
): Promise<FleetStatus> {
  const unanswered: string[] = []
  const part = async <T>(name: string, question: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await question
    } catch (error) {
      if (!isStatementTimeout(error)) throw error
      unanswered.push(name)
      return otherwise
    }
  }
  const [ticks, queues, blockedLanes, pausedMailboxes, ledger, emails, campaigns, notifications] =
    await Promise.all([
      part('scheduler', listSchedulerTicks(db), []),
      part('queues', listQueueHealth(db), []),
      part('lanes', listBlockedLanes(db, tenantId), []),
      part('mailboxes', listPaused(db, tenantId), []),
      part('ledger', readLedgerStatus(db, tenantId), null),
      part('unknown emails', listUnknownEmails(db, tenantId, shownUnknown), []),
      part('campaigns', listCampaignProgress(db, tenantId), []),
      part(
        'notifications',
        listNotifications(db, tenantId, { resolved: false, limit: shownNotifications }),
        [],
      ),
    ])
  const [last] = ticks
  const { host, pathname } = new URL(url)
  return {
    database: { host, name: pathname.slice(1), schema: schema.name, migration: schema.migration },
    scheduler: last
      ? {
          worker: last.worker,
          tickedAt: last.tickedAt,
          secondsAgo: last.secondsAgo,
          working: last.secondsAgo < silentSeconds,
        }
      : null,
    queues,
    blockedLanes,
    pausedMailboxes,
    ledger,
    unknown: { count: ledger?.counts.unknown ?? emails.length, emails },
    campaigns,
    notifications,
    unanswered,
  }
}

/** With the emails that wait for each. */
async function listPaused(db: OpenDatabase['db'], tenantId: string | null) {
  const [mailboxes, waiting] = await Promise.all([
    listPausedMailboxes(db, tenantId),
    countPausedEmails(db, tenantId),
  ])
  return mailboxes.map((paused) => ({ ...paused, waiting: waiting.get(paused.mailboxId) ?? 0 }))
}
