import { suppressionPolicy } from '../bounces/policy.ts'
import {
  listReports,
  type ReportEnd,
  type ReportRef,
  type StoredReport,
  setReportsEnded,
} from '../bounces/report-store.ts'
import { createCoalescer } from '../core/coalescer.ts'
import { done } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import { isConnectionError, untilAnswered } from '../db/retry.ts'
import type { Handler } from '../queue/pool.ts'
import type { Logger } from '../telemetry/log.ts'
import { actOnReports, type MatchedReport } from './bounces/act-on-reports.ts'
import { matchReports } from './bounces/match-reports.ts'
import { type ReadReport, readReport } from './bounces/read-report.ts'

export interface BounceRoom {
  db: Db
  log: Logger
  /** How long a report waits for others to share a transaction. */
  coalesceMs: number
}

/** One job is one report that came back to a mailbox. Those at hand are acted on in one transaction. */
export function bounceProcessing(room: BounceRoom): Handler<'bounce-processing'> {
  const reports = createCoalescer<ReportRef, Answer>({
    maxWaitMs: room.coalesceMs,
    maxBatch: 100,
    run: (batch) => processOrSplit(room, batch),
  })
  return async (ref, job) => {
    const answer = await reports.add(ref)
    if ('failure' in answer) throw answer.failure
    if (answer.changed > 0) room.log.debug({ ...ref, jobId: job.id, ...answer }, 'report.processed')
    return done(answer.changed)
  }
}

type Answer = { changed: number } | { failure: unknown }

// One report that cannot be acted on must not hold back the others.
async function processOrSplit(room: BounceRoom, refs: readonly ReportRef[]): Promise<Answer[]> {
  try {
    return await processReports(room, refs)
  } catch (failure) {
    if (refs.length === 1 || isConnectionError(failure)) return refs.map(() => ({ failure }))
    const middle = Math.ceil(refs.length / 2)
    return [
      ...(await processOrSplit(room, refs.slice(0, middle))),
      ...(await processOrSplit(room, refs.slice(middle))),
    ]
  }
}

async function processReports(room: BounceRoom, refs: readonly ReportRef[]): Promise<Answer[]> {
  const { db } = room
  const stored = (await listReports(db, refs)).filter(({ status }) => status === 'pending')
  const { reports, unreadable } = readAll(stored)
  warnOfSettings(room, stored)
  const matches = await matchReports(db, reports)
  const matched = reports.map(
    (report, index): MatchedReport => ({ ...report, matches: matches[index] ?? [] }),
  )
  const acted = await untilAnswered(
    () =>
      db.transaction().execute(async (trx) => {
        await setReportsEnded(trx, unreadable)
        return actOnReports(trx, matched)
      }),
    { retryLost: false },
  )
  const changed = new Set([
    ...unreadable.map(({ id }) => id),
    ...matched.filter((_, index) => acted[index] !== undefined).map((report) => report.stored.id),
  ])
  return refs.map(({ messageId }) => ({ changed: changed.has(messageId) ? 1 : 0 }))
}

// Reports do not wait until somebody has mended a setting: the defaults hold meanwhile.
function warnOfSettings({ log }: BounceRoom, stored: readonly StoredReport[]): void {
  for (const { tenantId, tenantSettings } of new Map(stored.map((one) => [one.tenantId, one])).values()) {
    const { problem } = suppressionPolicy(tenantSettings)
    if (problem) log.warn({ tenantId, problem }, 'suppression_policy.invalid')
  }
}

function readAll(stored: readonly StoredReport[]): { reports: ReadReport[]; unreadable: ReportEnd[] } {
  const reports: ReadReport[] = []
  const unreadable: ReportEnd[] = []
  for (const one of stored) {
    const read = readReport(one)
    if (read.report) reports.push(read.report)
    else unreadable.push(unreadableEnd(one, read.why))
  }
  return { reports, unreadable }
}

const unreadableEnd = ({ tenantId, id }: StoredReport, reason: string): ReportEnd => ({
  tenantId,
  id,
  status: 'unreadable',
  reason,
  emailId: null,
  campaignId: null,
  leadId: null,
  matchedBy: null,
  facts: {},
})
