import type { SubmissionVerdict } from '../smtp/outcome.ts'
import type { SmtpCommand } from '../smtp/reply.ts'
import type { Consequence } from './scope.ts'

/** What a submission came to, in the ledger's terms. */
export interface Settlement {
  tenantId: string
  id: string
  /** Of the claim: a newer attempt is left alone. */
  attempt: number
  status: 'sent' | 'failed' | 'scheduled' | 'unknown'
  /** Milliseconds since the outcome was known, by a monotonic clock. */
  agoMs: number
  /** Until the next attempt, for `scheduled`. */
  delaySeconds: number
  /** Whether this attempt counts as a failure of the message. */
  countsAsFailure: boolean
  /** Proven not sent: what the claim took is given back. */
  giveBack: boolean
  code: string | null
  reason: string | null
  replyCode: number | null
  /** What the reply answered; also absent from what an earlier version has spooled. */
  replyCommand?: SmtpCommand | null
  enhancedStatus: string | null
  replyText: string | null
  serverMessageId: string | null
  subject: string | null
  /** What its mailbox or its recipient's provider has asked for; absent from nearly all. */
  consequence?: Consequence
}

export interface RetryPolicy {
  /** Delay after the first transient refusal; at least 30 minutes by RFC 5321 section 4.5.4.1. */
  baseSeconds: number
  /** Age of the email at which a transient refusal becomes final; 4 to 5 days by the same section. */
  giveUpSeconds: number
}

export type SettlementFate = Pick<
  Settlement,
  'status' | 'delaySeconds' | 'countsAsFailure' | 'giveBack' | 'code' | 'reason'
>

interface Attempted {
  firstDueAt: Date
  transientFailures: number
}

/** What the ledger makes of a verdict. `jitter` in [0, 1) spreads retries by up to a fifth. */
export function decideSettlement(
  email: Attempted,
  verdict: SubmissionVerdict,
  words: string,
  policy: RetryPolicy,
  now: Date,
  jitter: number,
): SettlementFate {
  switch (verdict.kind) {
    case 'accepted':
      return { ...settled, status: 'sent', code: null, reason: null }
    case 'ambiguous':
      return { ...settled, status: 'unknown', code: verdict.code, reason: words }
    case 'rejected_permanent':
      return { ...settled, status: 'failed', giveBack: true, code: verdict.code, reason: words }
    case 'rejected_transient':
    case 'not_sent':
      return retryOrFail(email, verdict, words, policy, now, jitter)
  }
}

const settled = { delaySeconds: 0, countsAsFailure: false, giveBack: false } as const

function retryOrFail(
  email: Attempted,
  verdict: SubmissionVerdict,
  words: string,
  policy: RetryPolicy,
  now: Date,
  jitter: number,
): SettlementFate {
  const ageSeconds = (now.getTime() - email.firstDueAt.getTime()) / 1000
  const counts = isFailureOfMessage(verdict)
  const waits = counts || isRefusalByProvider(verdict)
  if (waits && ageSeconds >= policy.giveUpSeconds) {
    const reason = `given up after ${Math.round(ageSeconds / 3600)} h of refusals; the last: ${words}`
    return { ...settled, status: 'failed', giveBack: true, code: 'expired', reason }
  }
  const delaySeconds = waits ? retryDelaySeconds(email.transientFailures, verdict, policy, jitter) : 0
  return {
    status: 'scheduled',
    delaySeconds,
    countsAsFailure: counts,
    giveBack: true,
    code: verdict.code,
    reason: words,
  }
}

/** Hung up on in mid-session counts like a refusal; what we withheld ourselves, or a host that is away, does not. */
function isFailureOfMessage({ kind, scope, code }: SubmissionVerdict): boolean {
  if (kind === 'not_sent') return code === 'connection_lost' || code === 'session_timeout'
  return kind === 'rejected_transient' && scope === 'message'
}

// The provider would have refused any other message: this one waits and ages, but keeps its attempt.
const isRefusalByProvider = ({ kind, scope }: SubmissionVerdict): boolean =>
  kind === 'rejected_transient' && scope === 'recipient_provider'

/** The server's own hint wins, down to one minute; else the base doubles at each refusal, up to eight times. */
export function retryDelaySeconds(
  earlierFailures: number,
  verdict: Pick<SubmissionVerdict, 'retryAfterSeconds'>,
  policy: RetryPolicy,
  jitter: number,
): number {
  const spread = 1 + jitter / 5
  if (verdict.retryAfterSeconds !== undefined) return Math.max(60, verdict.retryAfterSeconds) * spread
  return policy.baseSeconds * 2 ** Math.min(3, earlierFailures) * spread
}
