/** A due email as the claim has locked it, with all that decides whether it may go and what it says. */
export interface Candidate {
  tenantId: string
  id: string
  kind: 'campaign' | 'transactional' | 'warmup'
  mailboxId: string
  lane: 'high' | 'normal' | 'low'
  to: string
  toDomain: string
  isFollowUp: boolean
  /** Who takes the recipient's mail; the domain where nobody knows better. */
  recipientProvider: string
  /** The provider's refusals since it last took an email of this tenant. */
  providerCooldown: ProviderCooldown | null
  dueAt: Date
  firstDueAt: Date
  attempt: number
  transientFailures: number
  messageId: string | null
  ref: string | null
  content: unknown
  stepId: string | null
  /** Of the step; null: it has none. */
  variant: number | null
  /** Active suppression of the address or its domain, by reason. */
  suppressedBy: string | null
  enrolmentStatus: 'active' | 'finished' | 'stopped' | null
  enrolmentReason: string | null
  campaign: CandidateCampaign | null
  lead: CandidateLead | null
  /** Earlier emails of the same thread, oldest first. */
  thread: ThreadMessage[]
}

export interface ProviderCooldown {
  until: Date
  reason: string
}

export interface CandidateCampaign {
  id: string
  status: 'draft' | 'active' | 'paused' | 'completed'
  timezone: string
  seed: number
  configuration: unknown
  dailyLimit: number | null
  newLeadsPerDay: number | null
}

export interface CandidateLead {
  id: string
  email: string
  first_name: string | null
  last_name: string | null
  company: string | null
  position: string | null
  timezone: string | null
  metadata: Record<string, unknown>
}

export interface ThreadMessage {
  stepId: string | null
  variant: number | null
  messageId: string
  subject: string | null
  sentAt: Date
}

export type ClaimDecision =
  | { kind: 'claim' }
  | { kind: 'skip'; code: string; reason: string }
  /** Out of the due index until its campaign is resumed. */
  | { kind: 'hold'; code: string; reason: string }
  | { kind: 'defer'; until: Date; code: string; reason: string }

/** When the candidate may leave: `opensAt` is `now` if its window is open, undefined if it never opens. */
export interface SendTime {
  opensAt: Date | undefined
  /** From here on it comes too late to be worth sending. */
  staleAt?: Date
}
export type WindowOpening = (candidate: Candidate, now: Date) => SendTime

/** Whether a locked email may be submitted now. A suppression that commits later counts as later. */
export function decideClaim(candidate: Candidate, now: Date, windowOpening: WindowOpening): ClaimDecision {
  const ended = endedBefore(candidate)
  if (ended) return { kind: 'skip', ...ended }
  if (candidate.campaign?.status === 'paused') {
    return { kind: 'hold', code: 'campaign_paused', reason: 'the campaign is paused' }
  }
  const decision = decideByWindow(candidate, now, windowOpening)
  return decision.kind === 'claim' ? decideByProvider(candidate, now) : decision
}

function decideByProvider({ providerCooldown, recipientProvider }: Candidate, now: Date): ClaimDecision {
  if (!providerCooldown || providerCooldown.until <= now) return { kind: 'claim' }
  const reason = `${recipientProvider} takes no mail for now: ${providerCooldown.reason}`
  return { kind: 'defer', until: providerCooldown.until, code: 'provider_cooldown', reason }
}

const unreadableRetryMs = 10 * 60_000

function decideByWindow(candidate: Candidate, now: Date, windowOpening: WindowOpening): ClaimDecision {
  let time: SendTime
  try {
    time = windowOpening(candidate, now)
  } catch (error) {
    // One campaign that cannot be read must not keep the others of the batch from being claimed.
    const reason = `the campaign cannot be read: ${error instanceof Error ? error.message : String(error)}`
    const until = new Date(now.getTime() + unreadableRetryMs)
    return { kind: 'defer', until, code: 'campaign_unreadable', reason }
  }
  const { opensAt, staleAt } = time
  if (staleAt && staleAt <= now) {
    const reason = `it was due on ${candidate.firstDueAt.toISOString()} and comes too late for its campaign`
    return { kind: 'skip', code: 'stale', reason }
  }
  if (!opensAt) {
    return {
      kind: 'skip',
      code: 'window_never_opens',
      reason: 'the sending window does not open within a year',
    }
  }
  if (opensAt > now) {
    return { kind: 'defer', until: opensAt, code: 'window_closed', reason: 'outside the sending window' }
  }
  return { kind: 'claim' }
}

function endedBefore(candidate: Candidate): { code: string; reason: string } | undefined {
  if (candidate.suppressedBy) {
    return { code: 'suppressed', reason: `the recipient is suppressed: ${candidate.suppressedBy}` }
  }
  if (!candidate.campaign) return undefined
  if (candidate.campaign.status === 'completed' || candidate.campaign.status === 'draft') {
    return { code: 'campaign_ended', reason: `the campaign is ${candidate.campaign.status}` }
  }
  if (candidate.enrolmentStatus !== 'active') {
    const why = candidate.enrolmentReason ?? candidate.enrolmentStatus ?? 'not enrolled'
    return { code: 'enrolment_ended', reason: `the lead's sequence has ended: ${why}` }
  }
  return undefined
}
