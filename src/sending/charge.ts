/** A budget row, as locked. */
export interface Budget {
  key: string
  /** Taken from a fixed period, a day. */
  used: number
  /** Taken from a sliding window, newest last, the newest beginning at `bucketAt`. */
  buckets: readonly number[]
  bucketAt: Date | null
  readyAt: Date | null
}

/** What a send takes one of: a limit and the row that keeps its account. */
export interface Charge {
  key: string
  cap: number
  code: string
  reason: string
  /** For a day: when the next one begins. */
  nextDay?: () => Date
}

export interface Left {
  count: number
  /** With a count of 0: when there is more. */
  until?: Date
  behind?: boolean
}

interface SlidingWindow {
  bucketMs: number
  windowMs: number
}

// The oldest bucket still counted is only partly inside the window, and counts whole.
const windows: Record<string, SlidingWindow> = {
  '24h': { bucketMs: 600_000, windowMs: 24 * 3_600_000 },
  hour: { bucketMs: 60_000, windowMs: 3_600_000 },
  minute: { bucketMs: 5_000, windowMs: 60_000 },
}

/** The last part of a key says how its row counts. */
const windowOf = (key: string): SlidingWindow | undefined => windows[key.slice(key.lastIndexOf('/') + 1)]

/** How many more the budget allows now. */
export function leftOf(budget: Budget, charge: Charge, now: Date): Left {
  const window = windowOf(charge.key)
  if (!window) return leftOfDay(budget, charge)
  const start = bucketStart(now, window)
  // What left the window at the later time may be inside it at the earlier one, and is forgotten: wait for the clock.
  if (budget.bucketAt && start < budget.bucketAt.getTime() && !isOfWrongClock(budget, window, now)) {
    return { count: 0, until: budget.bucketAt, behind: true }
  }
  const buckets = rolled(budget, window, now)
  const count = Math.max(0, charge.cap - sum(buckets))
  return count > 0 ? { count } : { count, until: firstRelease(buckets, charge.cap, window, now) }
}

function leftOfDay({ used }: Budget, { cap, nextDay }: Charge): Left {
  const count = Math.max(0, cap - used)
  return count > 0 || !nextDay ? { count } : { count, until: nextDay() }
}

/** The budget after `count` sends were claimed at `now`. */
export function takenFrom(budget: Budget, count: number, now: Date): Budget {
  const window = windowOf(budget.key)
  if (!window) return { ...budget, used: budget.used + count }
  const buckets = rolled(budget, window, now)
  buckets.push((buckets.pop() ?? 0) + count)
  const newest = isOfWrongClock(budget, window, now) ? 0 : (budget.bucketAt?.getTime() ?? 0)
  return { ...budget, buckets, bucketAt: new Date(Math.max(bucketStart(now, window), newest)) }
}

/** A budget after one send claimed at `claimedAt` was proven not sent. A gap and a minute are never given back. */
export function giveBackTo(budget: Budget, claimedAt: Date): Budget {
  if (budget.key.endsWith('/gap') || budget.key.endsWith('/minute')) return budget
  const window = windowOf(budget.key)
  if (!window) return { ...budget, used: Math.max(0, budget.used - 1) }
  if (!budget.bucketAt) return budget
  const behind = (budget.bucketAt.getTime() - bucketStart(claimedAt, window)) / window.bucketMs
  const index = budget.buckets.length - 1 - behind
  const buckets = budget.buckets.map((taken, at) => (at === index ? Math.max(0, taken - 1) : taken))
  return { ...budget, buckets }
}

const bucketCount = ({ windowMs, bucketMs }: SlidingWindow): number => windowMs / bucketMs + 1

/** Written by a clock that was more than a window ahead: its takings count from now on, not from its time on. */
const isOfWrongClock = (budget: Budget, window: SlidingWindow, now: Date): boolean =>
  (budget.bucketAt?.getTime() ?? 0) > bucketStart(now, window) + Math.max(window.windowMs, dayMs)

const dayMs = 24 * 3_600_000

/** When enough of the oldest takings have left the window for one more to fit. */
function firstRelease(buckets: readonly number[], cap: number, window: SlidingWindow, now: Date): Date {
  let held = sum(buckets)
  const newestStart = bucketStart(now, window)
  for (const [index, taken] of buckets.entries()) {
    held -= taken
    const start = newestStart - (buckets.length - 1 - index) * window.bucketMs
    if (held < cap) return new Date(start + bucketCount(window) * window.bucketMs)
  }
  return new Date(newestStart + bucketCount(window) * window.bucketMs)
}

// The buckets as they stand at `now`: newest last, those that left the window dropped, leading zeros too.
function rolled(budget: Budget, window: SlidingWindow, now: Date): number[] {
  if (!budget.bucketAt) return [0]
  if (isOfWrongClock(budget, window, now)) return [sum(budget.buckets)]
  const steps = Math.max(0, (bucketStart(now, window) - budget.bucketAt.getTime()) / window.bucketMs)
  const idle = Math.min(steps, bucketCount(window))
  const all = [...budget.buckets, ...new Array<number>(idle).fill(0)].slice(-bucketCount(window))
  const first = all.findIndex((taken) => taken > 0)
  return first < 0 ? [0] : all.slice(first)
}

const bucketStart = (at: Date, { bucketMs }: SlidingWindow): number =>
  Math.floor(at.getTime() / bucketMs) * bucketMs
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
