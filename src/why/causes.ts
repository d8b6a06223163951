import type { Cause, EmailFacts, FleetFacts, LaneFacts } from './facts.ts'
import { withNote, wordsFor } from './words.ts'

// A cause is one entry of these lists. What is named first decides: the rest would hold it up as well.

type OfLane = (lane: LaneFacts) => Cause | undefined
type OfEmail = (facts: EmailFacts) => Cause | undefined

/** Ticks are noted every 5 s. */
const silentSeconds = 20
export const schedulerWorks = ({ schedulerSilentSeconds: silent }: FleetFacts): boolean =>
  silent !== null && silent < silentSeconds
/** A lane that waits longer than this for a free sender, while none works at its priority, has none. */
const unservedMs = 15_000

const lasting: readonly OfLane[] = [
  ({ fleet }) =>
    fleet.recoveryNeeded
      ? {
          code: 'recovery_needed',
          words: `${wordsFor('recovery_needed')}: run rookery recover`,
          until: null,
        }
      : undefined,
  ({ tenant }) =>
    tenant.status === 'suspended'
      ? { code: 'tenant_suspended', words: wordsFor('tenant_suspended'), until: null }
      : undefined,
  ({ mailbox }) =>
    mailbox.status === 'removed'
      ? { code: 'mailbox_removed', words: wordsFor('mailbox_removed'), until: null }
      : undefined,
  ({ mailbox, now }) => {
    if (mailbox.status !== 'paused' || (mailbox.pausedUntil && mailbox.pausedUntil <= now)) return undefined
    return pausedCause('mailbox_paused', `the mailbox ${mailbox.address}`, mailbox, mailbox.pausedUntil)
  },
  ({ host, now }) => {
    if (!host.openedUntil || host.openedUntil <= now) return undefined
    const words = `the SMTP host ${host.name} cannot be reached${host.lastFailure ? `: ${host.lastFailure}` : ''}`
    return { code: 'host_unreachable', words, until: host.openedUntil }
  },
  blocked,
  ({ budget: { block } }) =>
    block ? { code: block.code, words: block.reason, until: block.until } : undefined,
]

// These have rows of their own, which are read above; the block is only the memory of them.
const remembered = new Set([
  'recovery_needed',
  'tenant_suspended',
  'mailbox_removed',
  'mailbox_paused',
  'host_unreachable',
])
// So have the budgets of mailbox and tenant.
const budgetCodes = new Set([
  'daily_limit',
  'warmup_ramp',
  'rolling_limit',
  'hourly_limit',
  'tenant_daily_limit',
  'gap',
  'clock_behind',
  'budget_unreadable',
])

function blocked({ blockedCode, blockedReason, blockedUntil, budget, now }: LaneFacts): Cause | undefined {
  if (!blockedCode || (blockedUntil && blockedUntil <= now) || remembered.has(blockedCode)) return undefined
  if (budgetCodes.has(blockedCode) && budget.block) return undefined
  return { code: blockedCode, words: withNote(blockedCode, blockedReason), until: blockedUntil }
}

/** Who should be at work and is not; asked when something is due. */
const workers: readonly OfLane[] = [
  ({ fleet }) => {
    if (schedulerWorks(fleet)) return undefined
    const words =
      fleet.schedulerSilentSeconds === null ? 'no scheduler has ever worked here' : 'no scheduler works'
    return { code: 'no_scheduler', words: `${words}: start one with rookery start`, until: null }
  },
  ({ job, runningBeside, lane, now }) => {
    if (!job || job.running || runningBeside > 0) return undefined
    if (now.getTime() - job.since.getTime() < unservedMs) return undefined
    const words = `no sending process takes up lanes of priority ${lane}: start one with rookery start`
    return { code: 'no_sender', words, until: null }
  },
]

/** What keeps a lane from sending now; `due`: it has something to send. */
export function causesOfLane(lane: LaneFacts, due: boolean): Cause[] {
  const found = lasting.flatMap((cause) => cause(lane) ?? [])
  return due ? [...found, ...workers.flatMap((cause) => cause(lane) ?? [])] : found
}

/** These end it as soon as it is looked at. */
const ending: readonly OfEmail[] = [
  ({ suppression }) => {
    if (!suppression) return undefined
    const { scope, value, reason, source, until } = suppression
    const words = `${scope === 'domain' ? 'the domain ' : ''}${value} is suppressed (${reason}, by ${source}): it will be skipped`
    return { code: 'suppressed', words, until }
  },
  ({ campaign }) =>
    campaign && (campaign.status === 'completed' || campaign.status === 'draft')
      ? {
          code: 'campaign_ended',
          words: `its campaign is ${campaign.status}: it will be skipped`,
          until: null,
        }
      : undefined,
  ({ enrolment }) => {
    if (!enrolment || enrolment.status === 'active') return undefined
    const why = withNote(enrolment.stoppedCode ?? 'enrolment_ended', enrolment.stoppedReason)
    return {
      code: 'enrolment_ended',
      words: `the lead's sequence has ended (${why}): it will be skipped`,
      until: null,
    }
  },
]

const own: readonly OfEmail[] = [
  ({ campaign }) =>
    campaign?.status === 'paused'
      ? pausedCause('campaign_paused', `the campaign "${campaign.name}"`, campaign)
      : undefined,
  ({ enrolment, lane: { now }, email }) =>
    enrolment?.heldUntil && enrolment.heldUntil > now && email.dueAt > now
      ? { code: 'away', words: 'the lead is away', until: email.dueAt }
      : undefined,
  ({ cooldown, email: { dueAt }, lane: { now } }) => {
    if (!cooldown || cooldown.until <= now || cooldown.until <= dueAt) return undefined
    const { provider, until, reason } = cooldown
    return { code: 'provider_cooldown', words: `${provider} takes no mail for now: ${reason}`, until }
  },
  ({ limit, email: { dueAt } }) =>
    limit && limit.until > dueAt ? { code: limit.code, words: limit.reason, until: limit.until } : undefined,
  ({ email, lane: { now } }) => {
    if (email.dueAt <= now) return undefined
    if (!email.code) return { code: 'not_due', words: 'its time has not come', until: email.dueAt }
    return {
      code: email.code,
      words: withNote(email.code, saidBy(email) ?? email.reason),
      until: email.dueAt,
    }
  },
]

/** The server's reply, as it was given. */
export function saidBy({ replyCode, enhancedStatus, replyText }: EmailFacts['email']): string | undefined {
  if (replyCode === null) return undefined
  const text = replyText ?? ''
  const enhanced = enhancedStatus && !text.includes(enhancedStatus) ? ` ${enhancedStatus}` : ''
  return text.startsWith(`${replyCode}`) ? text : `${replyCode}${enhanced} ${text}`.trim()
}

/** By whom or why it is paused. What a guardrail has paused ends by itself, nobody can say when. */
export function pausedCause(
  code: 'mailbox_paused' | 'campaign_paused',
  what: string,
  { statusReason, guardPaused }: { statusReason: string | null; guardPaused: boolean },
  until: Date | null = null,
): Cause {
  const words = `${what} is paused: ${statusReason ?? 'by hand'}`
  if (!guardPaused) return { code, words, until }
  return { code, words: `${words}; it goes on once that rate has fallen, or when it is resumed by hand` }
}

const window: OfEmail = ({ window: times, lane: { now } }) => {
  if (!times) return undefined
  if (times.staleAt && times.staleAt <= now)
    return { code: 'stale', words: `${wordsFor('stale')}: it will be skipped`, until: null }
  if (times.opensAt === null)
    return {
      code: 'window_never_opens',
      words: `${wordsFor('window_never_opens')}: it will be skipped`,
      until: null,
    }
  if (times.opensAt <= now) return undefined
  return { code: 'window_closed', words: wordsFor('window_closed'), until: times.opensAt }
}

/** What an email that is scheduled or held waits for, the deciding first. Empty: it is its turn. */
export function causesOfEmail(facts: EmailFacts): Cause[] {
  const { email, lane } = facts
  const due = email.dueAt <= lane.now
  const found = [...ending, ...own].flatMap((cause) => cause(facts) ?? [])
  // What will be over by then does not hold it up.
  const lasts = ({ until }: Cause) => due || until === null || (until !== undefined && until > email.dueAt)
  const ofWindow = due ? window(facts) : undefined
  return [...found, ...(ofWindow ? [ofWindow] : []), ...causesOfLane(lane, due).filter(lasts)]
}

/** Where a due lane that nothing keeps stands. */
export function turnOf({ job, wakeAt, now }: LaneFacts): Cause {
  if (job?.running) return { code: 'in_session', words: 'its mailbox is sending now, and it is next in line' }
  if (job) return { code: 'queued', words: 'its mailbox is queued for a free sending slot' }
  if (wakeAt && wakeAt > now) return { code: 'woken', words: 'its mailbox takes it up', until: wakeAt }
  if (wakeAt) return { code: 'woken', words: 'the scheduler is about to queue its mailbox' }
  return { code: 'asleep', words: 'nothing keeps it; the sweep wakes its mailbox within half a minute' }
}
