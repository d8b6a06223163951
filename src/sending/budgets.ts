import { civilDate } from '../core/civil-time.ts'

/** A budget row, as locked. */
export interface Budget {
  key: string
  used: number
  buckets: readonly number[]
  bucketAt: Date | null
  readyAt: Date | null
}

/** What limits one mailbox. */
export interface MailboxLimits {
  mailboxId: string
  timezone: string
  /** Sends in one civil day of the mailbox's zone. */
  dailyLimit: number
  /** Sends in any 24 hours; the daily limit where none is set. */
  rollingLimit: number | null
  minGapSeconds: number
  /** Share of the gap that is added at random. */
  gapJitter: number
}

export interface Block {
  until: Date
  code: string
  reason: string
}

export type Grant = { count: number; block?: Block }

const bucketMs = 600_000
const rollingMs = 24 * 3_600_000
/** The oldest bucket still counted is only partly inside the window, and counts whole. */
const bucketCount = rollingMs / bucketMs + 1
/** A claim this close to midnight may reach the receiving side on the next day, and is charged there too. */
const midnightMarginMs = 120_000

const prefix = (mailboxId: string) => `mailbox/${mailboxId}`
const dayKey = (mailboxId: string, day: string) => `${prefix(mailboxId)}/day/${day}`
/** Every claim of the mailbox locks it. */
export const rollingKey = (mailboxId: string) => `${prefix(mailboxId)}/24h`
const gapKey = (mailboxId: string) => `${prefix(mailboxId)}/gap`

/** The keys a claim at `now` is taken from. */
export function budgetKeys(limits: MailboxLimits, now: Date): string[] {
  const keys = [...dayKeys(limits, now), rollingKey(limits.mailboxId)]
  return limits.minGapSeconds > 0 ? [...keys, gapKey(limits.mailboxId)] : keys
}

function dayKeys({ mailboxId, timezone }: MailboxLimits, now: Date): string[] {
  const today = civilDate(now, timezone)
  const soon = civilDate(new Date(now.getTime() + midnightMarginMs), timezone)
  const days = today === soon ? [today] : [today, soon]
  return days.map((day) => dayKey(mailboxId, day))
}

/**
 * How many of `wanted` sends the locked budgets allow now; with none, what the mailbox waits for.
 * A budget that could not be read allows nothing.
 */
export function grantFrom(
  budgets: ReadonlyMap<string, Budget>,
  limits: MailboxLimits,
  wanted: number,
  now: Date,
  nextDay: () => Date,
): Grant {
  const locked = budgetKeys(limits, now).map((key) => budgets.get(key))
  if (locked.some((budget) => budget === undefined)) return { count: 0, block: unreadable(now) }
  const parts = [
    dayGrant(budgets, limits, now, nextDay),
    rollingGrant(budgets.get(rollingKey(limits.mailboxId)), limits, now),
    gapGrant(budgets.get(gapKey(limits.mailboxId)), limits, now),
  ]
  const tightest = parts.reduce((least, part) => (tighter(part, least) ? part : least))
  const count = Math.min(wanted, tightest.count)
  return count > 0 || !tightest.block ? { count } : { count: 0, block: tightest.block }
}

// Of two that allow nothing, the one that lasts longer is what is waited for.
function tighter(part: Grant, least: Grant): boolean {
  if (part.count !== least.count) return part.count < least.count
  return (part.block?.until.getTime() ?? 0) > (least.block?.until.getTime() ?? 0)
}

function unreadable(now: Date): Block {
  return {
    until: new Date(now.getTime() + 1000),
    code: 'budget_unreadable',
    reason: 'a budget of the mailbox could not be read; nothing is sent without it',
  }
}

function dayGrant(
  budgets: ReadonlyMap<string, Budget>,
  limits: MailboxLimits,
  now: Date,
  nextDay: () => Date,
): Grant {
  const left = dayKeys(limits, now).map((key) => limits.dailyLimit - (budgets.get(key)?.used ?? 0))
  const count = Math.max(0, Math.min(...left))
  if (count > 0) return { count }
  const reason = `the mailbox has reached its ${limits.dailyLimit} emails of the day (${limits.timezone})`
  return { count: 0, block: { until: nextDay(), code: 'daily_limit', reason } }
}

function rollingGrant(budget: Budget | undefined, limits: MailboxLimits, now: Date): Grant {
  const cap = limits.rollingLimit ?? limits.dailyLimit
  const behind = clockBehind(budget, now)
  if (behind) return { count: 0, block: behind }
  const buckets = rollBuckets(budget, now)
  const count = Math.max(0, cap - sum(buckets))
  if (count > 0) return { count }
  const reason = `the mailbox has reached its ${cap} emails of any 24 hours`
  return { count: 0, block: { until: firstRelease(buckets, cap, now), code: 'rolling_limit', reason } }
}

// What left the window at the later time may be inside it at the earlier one, and is forgotten: wait for the clock.
function clockBehind(budget: Budget | undefined, now: Date): Block | undefined {
  if (!budget?.bucketAt || bucketStart(now) >= budget.bucketAt.getTime() || isOfWrongClock(budget, now))
    return undefined
  const reason = `the database's clock has gone back; the limit of 24 hours is counted up to ${budget.bucketAt.toISOString()}`
  return { until: budget.bucketAt, code: 'clock_behind', reason }
}

/** Written by a clock that was more than a day ahead: its takings count from now on, not from its day on. */
const isOfWrongClock = (budget: Budget, now: Date): boolean =>
  (budget.bucketAt?.getTime() ?? 0) > bucketStart(now) + rollingMs

/** When enough of the oldest takings have left the window for one more to fit. */
function firstRelease(buckets: readonly number[], cap: number, now: Date): Date {
  let held = sum(buckets)
  const newestStart = bucketStart(now)
  for (const [index, taken] of buckets.entries()) {
    held -= taken
    const start = newestStart - (buckets.length - 1 - index) * bucketMs
    if (held < cap) return new Date(start + bucketCount * bucketMs)
  }
  return new Date(newestStart + bucketCount * bucketMs)
}

function gapGrant(budget: Budget | undefined, limits: MailboxLimits, now: Date): Grant {
  if (limits.minGapSeconds <= 0) return { count: Number.POSITIVE_INFINITY }
  if (!budget?.readyAt || budget.readyAt <= now) return { count: 1 }
  const reason = `the mailbox keeps ${limits.minGapSeconds} s between two emails`
  return { count: 0, block: { until: budget.readyAt, code: 'gap', reason } }
}

/** The budgets after `count` sends were claimed at `now`; `random` in [0, 1) draws the gap's jitter. */
export function takeFrom(
  budgets: ReadonlyMap<string, Budget>,
  limits: MailboxLimits,
  count: number,
  now: Date,
  random: number,
): Budget[] {
  const gapMs = limits.minGapSeconds * (1 + limits.gapJitter * random) * 1000
  return budgetKeys(limits, now).flatMap((key) => {
    const budget = budgets.get(key)
    if (!budget) return []
    if (key === gapKey(limits.mailboxId)) return [{ ...budget, readyAt: new Date(now.getTime() + gapMs) }]
    if (key !== rollingKey(limits.mailboxId)) return [{ ...budget, used: budget.used + count }]
    const buckets = rollBuckets(budget, now)
    buckets.push((buckets.pop() ?? 0) + count)
    const newest = isOfWrongClock(budget, now) ? 0 : (budget.bucketAt?.getTime() ?? 0)
    return [{ ...budget, buckets, bucketAt: new Date(Math.max(bucketStart(now), newest)) }]
  })
}

/** A budget after one send claimed at `claimedAt` was proven not sent. A gap is never given back. */
export function giveBackTo(budget: Budget, claimedAt: Date): Budget {
  if (budget.key.endsWith('/gap')) return budget
  if (!budget.key.endsWith('/24h')) return { ...budget, used: Math.max(0, budget.used - 1) }
  if (!budget.bucketAt) return budget
  const behind = (budget.bucketAt.getTime() - bucketStart(claimedAt)) / bucketMs
  const index = budget.buckets.length - 1 - behind
  const buckets = budget.buckets.map((taken, at) => (at === index ? Math.max(0, taken - 1) : taken))
  return { ...budget, buckets }
}

// The buckets as they stand at `now`: newest last, those that left the window dropped, leading zeros too.
function rollBuckets(budget: Budget | undefined, now: Date): number[] {
  if (!budget?.bucketAt) return [0]
  if (isOfWrongClock(budget, now)) return [sum(budget.buckets)]
  const steps = Math.max(0, (bucketStart(now) - budget.bucketAt.getTime()) / bucketMs)
  const idle = Math.min(steps, bucketCount)
  const rolled = [...budget.buckets, ...new Array<number>(idle).fill(0)].slice(-bucketCount)
  const first = rolled.findIndex((taken) => taken > 0)
  return first < 0 ? [0] : rolled.slice(first)
}

const bucketStart = (at: Date): number => Math.floor(at.getTime() / bucketMs) * bucketMs
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
