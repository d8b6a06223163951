import {
  addToCounters,
  insertBounceEvents,
  insertBounces,
  lockAddresses,
  lockEmails,
  setEmailsBounced,
  setSequencesEnded,
} from '../../bounces/act-store.ts'
import { consequenceOf, delayHoldHours } from '../../bounces/consequence.ts'
import { type BounceFact, type LockedEmail, ledgerChanges } from '../../bounces/ledger-change.ts'
import { type Match, names } from '../../bounces/match.ts'
import { lockPendingReports, type ReportEnd, setReportsEnded } from '../../bounces/report-store.ts'
import { setEnrolmentsHeld } from '../../campaigns/enrolment-store.ts'
import type { Trx } from '../../db/connect.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { promoteToSent } from '../../sending/proof-store.ts'
import { setNotBefore } from '../../sending/sequence-store.ts'
import type { ReadReport } from './read-report.ts'
import { type FailedAddress, suppressFailing } from './suppress-failing.ts'

export interface MatchedReport extends ReadReport {
  matches: readonly Match[]
}

/** What acting on one report came to; undefined when somebody had acted on it before. */
export interface ActedReport {
  matched: number
  /** Facts that were new. */
  recorded: number
}

/**
 * Acts on reports in the caller's transaction: proof, facts, ledger, events, sequences, suppressions, counters, in one
 * order of locks (reports, addresses, emails, enrolments, suppressions, counters). A report that was acted on is left
 * alone, so that a repeated job changes nothing.
 */
export async function actOnReports(
  trx: Trx,
  reports: readonly MatchedReport[],
): Promise<(ActedReport | undefined)[]> {
  const refs = reports.map(({ stored }) => ({ tenantId: stored.tenantId, messageId: stored.id }))
  const pending = await lockPendingReports(trx, refs)
  const open = reports.filter(({ stored }) => pending.has(stored.id))
  const fresh = await recordMatches(trx, open)
  await setReportsEnded(trx, open.map(reportEnd))
  return reports.map(({ stored, matches }) =>
    pending.has(stored.id)
      ? { matched: matches.length, recorded: fresh.filter(({ reportId }) => reportId === stored.id).length }
      : undefined,
  )
}

async function recordMatches(trx: Trx, reports: readonly MatchedReport[]): Promise<BounceFact[]> {
  const emails = reports.flatMap(({ matches }) => matches.map(({ email }) => email))
  if (emails.length === 0) return []
  await lockAddresses(
    trx,
    emails.map(({ tenantId, to }) => ({ tenantId, address: to })),
  )
  await promoteToSent(trx, emails)
  const locked = new Map((await lockEmails(trx, emails)).map((email) => [email.id, email]))
  const facts = reports.flatMap((report) => factsOf(report, locked))
  const fresh = await insertBounces(trx, facts)
  const changes = ledgerChanges(fresh)
  await setEmailsBounced(trx, changes.emails)
  await insertBounceEvents(trx, changes.events)
  await holdDelayed(trx, fresh)
  await setSequencesEnded(trx, fresh)
  await suppressFailing(trx, failedAddresses(fresh, reports))
  await addToCounters(trx, changes.counters)
  return fresh
}

/** No follow-up while a server still tries the email before it. */
async function holdDelayed(trx: Trx, facts: readonly BounceFact[]): Promise<void> {
  const holds = facts.flatMap(({ email: { tenantId, campaignId, leadId }, consequence, at }) => {
    const until = new Date(at.getTime() + delayHoldHours * 3_600_000)
    return campaignId && leadId && consequence.holds ? [{ tenantId, campaignId, leadId, until }] : []
  })
  if (holds.length === 0) return
  await insertWakes(trx, await setNotBefore(trx, holds))
  await setEnrolmentsHeld(trx, holds)
}

function failedAddresses(facts: readonly BounceFact[], reports: readonly MatchedReport[]): FailedAddress[] {
  return facts.flatMap(({ reportId, email, recipient, consequence, matchedBy, at }) => {
    const report = reports.find(({ stored }) => stored.id === reportId)
    if (consequence.event === null || !report) return []
    const { tenantSettings, messageId } = report.stored
    const { reason, status, smtpCode, diagnostic } = recipient
    // Behind a forwarder it is another address whose failure is told.
    const proven = matchedBy !== 'recency' && matchedBy !== 'original_recipient' && names(recipient, email.to)
    const permanent = recipient.permanent ?? false
    const source = { reportId, reportMessageId: messageId, emailId: email.id, matchedBy }
    return {
      tenantId: email.tenantId,
      tenantSettings,
      address: email.to,
      failure: { emailId: email.id, reason, permanent, at, diagnostic, proven },
      evidence: { ...source, status, smtpCode, diagnostic: diagnostic?.slice(0, 300) ?? null },
    }
  })
}

function factsOf({ stored, matches }: MatchedReport, locked: ReadonlyMap<string, LockedEmail>): BounceFact[] {
  return matches.flatMap(({ email, recipient, matchedBy }) => {
    const consequence = consequenceOf(recipient)
    const state = locked.get(email.id)
    if (!consequence || !state) return []
    return [{ reportId: stored.id, email: state, recipient, consequence, matchedBy, at: stored.at }]
  })
}

function reportEnd({ stored, verdict, matches }: MatchedReport): ReportEnd {
  const [first] = matches
  const { type, feedbackType, recipients, truncated } = verdict
  return {
    tenantId: stored.tenantId,
    id: stored.id,
    status: first ? 'processed' : 'unmatched',
    reason: first ? null : (verdict.why ?? 'nothing in it leads to an email that this mailbox sent'),
    emailId: first?.email.id ?? null,
    campaignId: first?.email.campaignId ?? null,
    leadId: first?.email.leadId ?? null,
    matchedBy: first?.matchedBy ?? null,
    facts: {
      report: {
        type,
        ...(feedbackType === null ? {} : { feedbackType }),
        ...(truncated ? { truncated } : {}),
        recipients: recipients.slice(0, 20).map(({ kind, reason, status }) => ({ kind, reason, status })),
      },
    },
  }
}
