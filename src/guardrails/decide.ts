import type { GuardRules } from './rules.ts'

/** Of emails that left since a moment, refusals of dead addresses included. */
export interface DeliveryCounts {
  sent: number
  /** Whose address turned out to be dead. */
  hard: number
  complaints: number
}

/** A mailbox or a campaign as the guardrails see it. */
export interface Guarded {
  state: 'active' | 'guard_paused'
  /** Null unless paused by a guardrail. */
  pausedAt: Date | null
  /** Since it was resumed: what was sent before does not count any more. */
  guardedFrom: Date | null
}

export interface Breach {
  metric: 'bounce_rate' | 'complaint_rate'
  count: number
  sent: number
  limit: number
}

export type GuardDecision =
  | { kind: 'none' }
  | { kind: 'pause'; breach: Breach }
  /** It stays paused; null: only because its shortest pause is not over. */
  | { kind: 'stay'; breach: Breach | null }
  | { kind: 'resume' }

const hourMs = 3_600_000

/** From when on what was sent counts: while it is paused the whole window, which moves on. */
export function countedFrom({ state, guardedFrom }: Guarded, { days }: GuardRules, now: Date): Date {
  const windowStart = new Date(now.getTime() - days * 24 * hourMs)
  const resumedLater = state === 'active' && guardedFrom && guardedFrom > windowStart
  return resumedLater ? guardedFrom : windowStart
}

export function decideGuard(
  guarded: Guarded,
  counts: DeliveryCounts,
  rules: GuardRules,
  now: Date,
): GuardDecision {
  const breach = breachOf(counts, rules)
  if (guarded.state === 'active') return breach ? { kind: 'pause', breach } : { kind: 'none' }
  const until = (guarded.pausedAt?.getTime() ?? 0) + rules.minPauseHours * hourMs
  return breach || now.getTime() < until ? { kind: 'stay', breach: breach ?? null } : { kind: 'resume' }
}

/** Which rate is above its limit. Exactly at it is not above, and of fewer than the floor nothing is concluded. */
export function breachOf({ sent, hard, complaints }: DeliveryCounts, rules: GuardRules): Breach | undefined {
  if (sent < rules.floor) return undefined
  if (hard / sent > rules.bounceRate)
    return { metric: 'bounce_rate', count: hard, sent, limit: rules.bounceRate }
  if (complaints / sent > rules.complaintRate)
    return { metric: 'complaint_rate', count: complaints, sent, limit: rules.complaintRate }
  return undefined
}

/** What was too much, in a sentence's end. */
export function breachWords({ metric, count, sent, limit }: Breach, { days }: GuardRules): string {
  const what = metric === 'bounce_rate' ? 'bounced for good' : 'led to a complaint'
  const share = percent(count / sent)
  return `${count} of ${sent} emails of ${days} days ${what}: ${share}, allowed are ${percent(limit)}`
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
