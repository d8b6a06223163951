export const healthStates = ['healthy', 'watch', 'throttled', 'quarantined'] as const
export type Health = (typeof healthStates)[number]

/** What became of a mailbox's warmup mail in the last seven days. */
export interface HealthFacts {
  inbox: number
  junk: number
  /** Warmup messages to it that came back, or that it complained about: its address is of no use to the pool. */
  refused: string | null
}

export interface Standing {
  health: Health
  since: Date
  /** In quarantine for refusals only: what its own mail had come to before. */
  before?: Exclude<Health, 'quarantined'> | null
}

export interface HealthDecision {
  health: Health
  reason: string | null
  /** As in its standing from now on: what others refuse says nothing of what it sends. */
  before?: Exclude<Health, 'quarantined'>
}

/** Deliveries in seven days below which nothing is concluded. */
const sampleFloor = 20
const junkShares: Readonly<Record<Exclude<Health, 'healthy'>, number>> = {
  watch: 0.1,
  throttled: 0.2,
  quarantined: 0.4,
}

const dayMs = 86_400_000
/** A mailbox in quarantine writes nothing that could prove it better: after this long it is tried again, at half its ramp. */
const quarantineMs = 7 * dayMs
/** It gets better by one state a day at most, worse at once. */
const improveMs = dayMs
/** With too few deliveries to judge by, it is trusted a little more after this long. */
const quietMs = 7 * dayMs

/** The health from now on; undefined while it stays as it is. */
export function decideHealth(
  { health, since, before }: Standing,
  facts: HealthFacts,
  now: Date,
): HealthDecision | undefined {
  const heldMs = now.getTime() - since.getTime()
  if (health === 'quarantined') {
    if (heldMs < quarantineMs || facts.refused !== null) return undefined
    const after = before ?? 'throttled'
    return { health: after, reason: after === 'healthy' ? null : 'tried again after a week of quarantine' }
  }
  const decided = judgeByPlacement(health, heldMs, facts)
  const judged = decided?.health ?? health
  return facts.refused === null || judged === 'quarantined'
    ? decided
    : { health: 'quarantined', reason: facts.refused, before: judged }
}

function judgeByPlacement(health: Health, heldMs: number, facts: HealthFacts): HealthDecision | undefined {
  const delivered = facts.inbox + facts.junk
  if (delivered < sampleFloor)
    return health === 'healthy' || heldMs < quietMs
      ? undefined
      : better(health, 'too little was delivered to tell')
  const words = `${facts.junk} of ${delivered} warmup messages landed in Junk within seven days`
  const judged = healthOf(facts.junk / delivered)
  if (rank(judged) > rank(health)) return { health: judged, reason: words }
  if (rank(judged) < rank(health) && heldMs >= improveMs) return better(health, words)
  return undefined
}

function healthOf(junkShare: number): Health {
  if (junkShare >= junkShares.quarantined) return 'quarantined'
  if (junkShare >= junkShares.throttled) return 'throttled'
  return junkShare >= junkShares.watch ? 'watch' : 'healthy'
}

const rank = (health: Health): number => healthStates.indexOf(health)

function better(health: Health, reason: string): HealthDecision {
  const next = healthStates[rank(health) - 1] ?? 'healthy'
  return { health: next, reason: next === 'healthy' ? null : reason }
}

/** Of the last seven days. */
export interface ReputationFacts {
  inbox: number
  junk: number
  /** Warmup messages of the mailbox that their receivers answered. */
  replies: number
  sent: number
  /** What the ramp is to come to, a day. */
  ceiling: number
  bounces: number
  complaints: number
}

/**
 * 0 to 100: 70 for the share that lands in the inbox, 20 for the share that is answered (30 % is all that is asked),
 * 10 for the volume (a week at the ceiling); 5 less for each bounce, 20 for each complaint. 0 where nothing was delivered.
 */
export function reputationScore(facts: ReputationFacts): number {
  const delivered = facts.inbox + facts.junk
  if (delivered === 0) return 0
  const placement = 70 * (facts.inbox / delivered)
  const answered = 20 * Math.min(1, facts.replies / delivered / 0.3)
  const volume = 10 * Math.min(1, facts.sent / (facts.ceiling * 7))
  const score = placement + answered + volume - 5 * facts.bounces - 20 * facts.complaints
  return Math.max(0, Math.min(100, Math.round(score)))
}
