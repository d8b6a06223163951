import { seededFraction } from './seeded.ts'

/** How a mailbox's day grows while it is warmed up. */
export interface RampPolicy {
  /** Emails on the first day. */
  start: number
  /** More on each day that counts. */
  step: number
  /** Never more than this on a day. */
  ceiling: number
  /** Saturdays and Sundays neither count nor send. */
  weekdaysOnly: boolean
  /** Share by which a day may lie above or below the curve. */
  jitter: number
  /** The first day, in the mailbox's zone: YYYY-MM-DD. */
  startedOn: string
  seed: number
  /** Half of the curve: its mail lands in Junk too often. */
  throttled: boolean
  /** It does not grow from this day on. */
  pausedOn?: string | null
}

const dayMs = 86_400_000

/** Days that count before `date`; undefined before the first day and on a day of rest. */
export function rampDay(policy: RampPolicy, date: string): number | undefined {
  const { startedOn, weekdaysOnly, pausedOn } = policy
  const first = dayNumber(startedOn)
  const day = dayNumber(date)
  if (day < first || (weekdaysOnly && isWeekend(day))) return undefined
  const grown = pausedOn ? Math.max(first, Math.min(day, dayNumber(pausedOn))) : day
  return weekdaysOnly ? workdaysBefore(grown) - workdaysBefore(first) : grown - first
}

/** The curve itself, without its jitter; 0 on a day of rest. */
export function rampLevel(policy: RampPolicy, date: string): number {
  const day = rampDay(policy, date)
  if (day === undefined) return 0
  const level = Math.min(policy.ceiling, policy.start + policy.step * day)
  return policy.throttled ? Math.max(1, Math.floor(level / 2)) : level
}

/** What the mailbox may send on that day, of campaigns and warmup together. The same for whoever asks. */
export function rampCap(policy: RampPolicy, date: string): number {
  const level = rampLevel(policy, date)
  if (level === 0) return 0
  const sway = (2 * seededFraction(policy.seed, 'ramp', date) - 1) * policy.jitter
  return Math.min(policy.ceiling, Math.max(1, Math.round(level * (1 + sway))))
}

/** Whether the curve has come to its ceiling by that day. */
export function isRampedUp(policy: RampPolicy, date: string): boolean {
  return rampLevel({ ...policy, throttled: false }, date) >= policy.ceiling
}

/** Since 1970-01-01, which was a Thursday. */
const dayNumber = (date: string): number => Math.round(Date.parse(`${date}T00:00:00Z`) / dayMs)
const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7
const isWeekend = (day: number): boolean => weekdayOf(day) >= 5

/** Mondays to Fridays before that day, counted from a Monday long ago. */
function workdaysBefore(day: number): number {
  const weekday = weekdayOf(day)
  const weeks = (day - weekday + 3) / 7
  return weeks * 5 + Math.min(5, weekday)
}
