import { civilDate } from '../core/civil-time.ts'
import { type RampPolicy, rampCap } from '../core/ramp.ts'
import { type Budget, type Charge, type Left, leftOf, takenFrom } from './charge.ts'

/** What limits one mailbox. */
export interface MailboxLimits {
  mailboxId: string
  timezone: string
  /** Sends in one civil day of the mailbox's zone. */
  dailyLimit: number
  /** Sends in any 24 hours; the daily limit where none is set. */
  rollingLimit: number | null
  /** Sends in any hour. */
  hourlyLimit?: number | null
  minGapSeconds: number
  /** Share of the gap that is added at random. */
  gapJitter: number
  /** Of a mailbox that is being warmed up: lowers its days, for campaigns and warmup alike. */
  ramp?: RampPolicy | null
  /** Of the ramp's day: what other lanes leave to warmup emails that are to go today. */
  keptForWarmup?: number
  /** What limits its tenant as a whole. */
  tenantDay?: TenantDay | null
}

/** A tenant's cap of a day, as the row that this claim takes from: a hot one has several, each with its share. */
export interface TenantDay {
  tenantId: string
  timezone: string
  limit: number
  shard: number
  /** The other rows had some left when nobody had locked them. */
  othersLeft: boolean
}

export interface Block {
  until: Date
  code: string
  reason: string
}

export type Grant = { count: number; block?: Block }

/** A claim this close to midnight may reach the receiving side on the next day, and is charged there too. */
const midnightMarginMs = 120_000

const prefix = (mailboxId: string) => `mailbox/${mailboxId}`
/** Every claim of the mailbox locks it. */
export const rollingKey = (mailboxId: string) => `${prefix(mailboxId)}/24h`
const gapKey = (mailboxId: string) => `${prefix(mailboxId)}/gap`

export const mailboxDayKey = (mailboxId: string, day: string): string => `${prefix(mailboxId)}/day/${day}`

/** The days that a claim at `now` counts on, YYYY-MM-DD: two, shortly before midnight. */
export function daysOf(now: Date, timezone: string): string[] {
  const today = civilDate(now, timezone)
  const soon = civilDate(new Date(now.getTime() + midnightMarginMs), timezone)
  return today === soon ? [today] : [today, soon]
}

/** The keys a claim at `now` is taken from. */
export function budgetKeys(limits: MailboxLimits, now: Date): string[] {
  const keys = chargesOf(limits, now, () => now).map((charge) => charge.key)
  return limits.minGapSeconds > 0 ? [...keys, gapKey(limits.mailboxId)] : keys
}

type NextDay = (timezone: string) => Date

function chargesOf(limits: MailboxLimits, now: Date, nextDay: NextDay): Charge[] {
  const { mailboxId, dailyLimit, rollingLimit, hourlyLimit, timezone, tenantDay } = limits
  const days = daysOf(now, timezone).map((day) => ({
    key: mailboxDayKey(mailboxId, day),
    ...capOfDay(limits, day),
    nextDay: () => nextDay(timezone),
  }))
  const rollingCap = rollingLimit ?? dailyLimit
  const rolling = {
    key: rollingKey(mailboxId),
    cap: rollingCap,
    code: 'rolling_limit',
    reason: `the mailbox has reached its ${rollingCap} emails of any 24 hours`,
  }
  const hour = hourlyLimit
    ? [
        {
          key: `${prefix(mailboxId)}/hour`,
          cap: hourlyLimit,
          code: 'hourly_limit',
          reason: `the mailbox has reached its ${hourlyLimit} emails of any hour`,
        },
      ]
    : []
  return [...days, rolling, ...hour, ...(tenantDay ? tenantCharges(tenantDay, now, nextDay) : [])]
}

/** What the mailbox may send on that day, and what is said when it has. */
export function capOfDay(
  {
    dailyLimit,
    timezone,
    ramp,
    keptForWarmup = 0,
  }: Pick<MailboxLimits, 'dailyLimit' | 'timezone' | 'ramp' | 'keptForWarmup'>,
  day: string,
): Pick<Charge, 'cap' | 'code' | 'reason'> {
  const grown = ramp ? rampCap(ramp, day) : dailyLimit
  const warmed = ramp ? Math.max(0, Math.min(grown, dailyLimit) - keptForWarmup) : dailyLimit
  if (warmed >= dailyLimit) {
    const reason = `the mailbox has reached its ${dailyLimit} emails of the day (${timezone})`
    return { cap: dailyLimit, code: 'daily_limit', reason }
  }
  const reason =
    grown === 0
      ? `the mailbox is being warmed up, and rests on ${day} (${timezone})`
      : `the mailbox is being warmed up, and has reached the ${grown} emails of its day (${timezone})` +
        (keptForWarmup > 0 ? `, of which ${keptForWarmup} are kept for its warmup` : '')
  return { cap: warmed, code: 'warmup_ramp', reason }
}

/** One row up to this cap; above it, enough claims meet there to be worth several. */
const capOfOneShard = 800
const maxShards = 8

export const shardCount = (cap: number): number => (cap < capOfOneShard ? 1 : maxShards)

/** The part of a cap that one of its rows may give. */
export function shareOf(cap: number, shard: number): number {
  const count = shardCount(cap)
  if (shard >= count) return 0
  return Math.floor(cap / count) + (shard < cap % count ? 1 : 0)
}

export const tenantDayKey = (tenantId: string, day: string, shard: number): string =>
  `tenant/${tenantId}/day/${day}/${shard}`

/** All rows that a tenant's day may have, whatever its cap. */
export const tenantDayKeys = (tenantId: string, day: string): string[] =>
  Array.from({ length: maxShards }, (_, shard) => tenantDayKey(tenantId, day, shard))

export const tenantDayReason = (limit: number, timezone: string): string =>
  `the tenant has reached its ${limit} emails of the day (${timezone})`

const retrySoonMs = 50

function tenantCharges(day: TenantDay, now: Date, nextDay: NextDay): Charge[] {
  const soon = () => new Date(now.getTime() + retrySoonMs)
  return daysOf(now, day.timezone).map((date) => ({
    key: tenantDayKey(day.tenantId, date, day.shard),
    cap: shareOf(day.limit, day.shard),
    code: 'tenant_daily_limit',
    reason: tenantDayReason(day.limit, day.timezone),
    nextDay: day.othersLeft ? soon : () => nextDay(day.timezone),
  }))
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
  nextDay: NextDay,
): Grant {
  if (budgetKeys(limits, now).some((key) => !budgets.has(key))) return { count: 0, block: unreadable(now) }
  const parts = chargesOf(limits, now, nextDay).map((charge) => grantOf(charge, budgets.get(charge.key), now))
  parts.push(gapGrant(budgets.get(gapKey(limits.mailboxId)), limits, now))
  const tightest = parts.reduce((least, part) => (tighter(part, least) ? part : least))
  const count = Math.min(wanted, tightest.count)
  return count > 0 || !tightest.block ? { count } : { count: 0, block: tightest.block }
}

function grantOf(charge: Charge, budget: Budget | undefined, now: Date): Grant {
  if (!budget) return { count: 0, block: unreadable(now) }
  const left = leftOf(budget, charge, now)
  return left.count > 0 ? { count: left.count } : { count: 0, block: blockOf(charge, left, now) }
}

/** What an exhausted budget is waited for, in words. */
export function blockOf({ code, reason }: Charge, { until, behind }: Left, now: Date): Block {
  const at = until ?? now
  if (!behind) return { until: at, code, reason }
  const words = `the database's clock has gone back; limits are counted up to ${at.toISOString()}`
  return { until: at, code: 'clock_behind', reason: words }
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
    return [takenFrom(budget, count, now)]
  })
}
