import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { civilDate, startOfNextDay } from '../../../src/core/civil-time.ts'
import {
  budgetKeys,
  type Grant,
  grantFrom,
  type MailboxLimits,
  takeFrom,
} from '../../../src/sending/budgets.ts'
import { type Budget, giveBackTo } from '../../../src/sending/charge.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const bucketMs = 10 * 60_000
const lateMs = 2 * 60_000

const limits: MailboxLimits = {
  mailboxId: 'm',
  timezone: 'Europe/Berlin',
  dailyLimit: 10,
  rollingLimit: null,
  minGapSeconds: 0,
  gapJitter: 0,
}

/** Budget rows as a claim finds them: made when missing, locked, written back. */
function createLedger(of: MailboxLimits) {
  const rows = new Map<string, Budget>()

  function lock(now: Date): Map<string, Budget> {
    const keys = budgetKeys(of, now)
    for (const key of keys) {
      if (!rows.has(key)) rows.set(key, { key, used: 0, buckets: [], bucketAt: null, readyAt: null })
    }
    return new Map([...rows].filter(([key]) => keys.includes(key)))
  }

  return {
    claim(wanted: number, now: Date, random = 0): Grant {
      const locked = lock(now)
      const grant = grantFrom(locked, of, wanted, now, () => startOfNextDay(now, of.timezone))
      for (const budget of takeFrom(locked, of, grant.count, now, random)) rows.set(budget.key, budget)
      return grant
    },
    giveBack(claimedAt: Date): void {
      for (const key of budgetKeys(of, claimedAt)) {
        const budget = rows.get(key)
        if (budget) rows.set(key, giveBackTo(budget, claimedAt))
      }
    },
    row: (key: string) => rows.get(key),
  }
}

interface Step {
  laterMs: number
  wanted: number
  /** Which of the sends still kept is proven not sent, if any. */
  giveBack: number | null
}

const forward = fc.oneof(
  fc.integer({ min: 0, max: 5 * 60_000 }),
  fc.integer({ min: 0, max: 6 * hourMs }),
  fc.constantFrom(bucketMs, hourMs, 12 * hourMs, dayMs, dayMs + bucketMs, 3 * dayMs),
)

const steps = (laterMs: fc.Arbitrary<number>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      laterMs,
      wanted: fc.integer({ min: 1, max: 8 }),
      giveBack: fc.option(fc.nat(), { freq: 2 }),
    }),
    { maxLength: 60 },
  )

const mailbox = fc.record({
  dailyLimit: fc.integer({ min: 1, max: 12 }),
  rollingLimit: fc.option(fc.integer({ min: 1, max: 12 })),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'),
})

// The week of a change of the clocks in two of the zones.
const anyMoment = fc.integer({ min: Date.UTC(2026, 2, 25), max: Date.UTC(2026, 3, 2) })

/** Plays the steps; `check` sees each grant beside what was kept before it. */
function play(
  of: MailboxLimits,
  startMs: number,
  schedule: readonly Step[],
  check?: (kept: readonly number[], now: number, step: Step, granted: number) => void,
): number[] {
  const ledger = createLedger(of)
  let now = startMs
  let kept: number[] = []
  for (const step of schedule) {
    now += step.laterMs
    if (step.giveBack !== null && kept.length > 0) {
      const index = step.giveBack % kept.length
      ledger.giveBack(new Date(kept[index] ?? 0))
      kept = kept.filter((_, at) => at !== index)
    }
    const { count } = ledger.claim(step.wanted, new Date(now))
    check?.(kept, now, step, count)
    kept.push(...new Array<number>(count).fill(now))
  }
  return kept
}

const within = (times: readonly number[], from: number, until: number): number =>
  times.filter((at) => at >= from && at < until).length

describe('budgets of a mailbox', () => {
  test('never let more out in any 24 hours than the rolling cap, whatever is given back', () => {
    fc.assert(
      fc.property(mailbox, anyMoment, steps(forward), (drawn, start, schedule) => {
        const of = { ...limits, ...drawn }
        const kept = play(of, start, schedule)
        const cap = of.rollingLimit ?? of.dailyLimit
        for (const from of kept) expect(within(kept, from, from + dayMs)).toBeLessThanOrEqual(cap)
      }),
    )
  })

  test('hold the rolling cap when the database clock steps back', () => {
    const stepping = fc.oneof(forward, fc.integer({ min: -2 * bucketMs, max: 0 }))
    fc.assert(
      fc.property(mailbox, anyMoment, steps(stepping), (drawn, start, schedule) => {
        const of = { ...limits, ...drawn }
        const kept = play(of, start, schedule)
        const cap = of.rollingLimit ?? of.dailyLimit
        for (const from of kept) expect(within(kept, from, from + dayMs)).toBeLessThanOrEqual(cap)
      }),
    )
  })

  test('forget nothing and block no one for long when the clock had been far ahead', () => {
    const of = { ...limits, dailyLimit: 1000, rollingLimit: 2 }
    const start = Date.parse('2026-03-25T00:00:00Z')
    const step = (laterMs: number) => ({ laterMs, wanted: 5, giveBack: null })
    const granted: number[] = []
    const year = 365 * dayMs
    play(of, start, [step(year), step(-year), step(dayMs + 2 * bucketMs)], (_, __, ___, count) =>
      granted.push(count),
    )
    expect(granted).toEqual([2, 0, 2])
  })

  test('never let more out on a civil day than its cap, counting what may arrive two minutes late', () => {
    fc.assert(
      fc.property(mailbox, anyMoment, steps(forward), (drawn, start, schedule) => {
        const of = { ...limits, ...drawn, rollingLimit: 1000 }
        const kept = play(of, start, schedule)
        const dayOf = (ms: number) => civilDate(new Date(ms), of.timezone)
        for (const day of new Set(kept.map(dayOf))) {
          const arriving = kept.filter((at) => dayOf(at) === day || dayOf(at + lateMs) === day)
          expect(arriving.length).toBeLessThanOrEqual(of.dailyLimit)
        }
      }),
    )
  })

  test('grant all that is left: nothing given back is lost, and only the last 24 h 10 min count', () => {
    fc.assert(
      fc.property(mailbox, anyMoment, steps(forward), (drawn, start, schedule) => {
        const of = { ...limits, ...drawn }
        const cap = of.rollingLimit ?? of.dailyLimit
        play(of, start, schedule, (kept, now, { wanted }, granted) => {
          const shared = (at: number) =>
            budgetKeys(of, new Date(at)).some(
              (key) => key.includes('/day/') && budgetKeys(of, new Date(now)).includes(key),
            )
          const leftOfWindow = cap - within(kept, now - dayMs - bucketMs, now + 1)
          const leftOfDay = of.dailyLimit - kept.filter(shared).length
          expect(granted).toBeGreaterThanOrEqual(Math.min(wanted, leftOfWindow, leftOfDay))
        })
      }),
    )
  })

  test('grant the one that is left when twenty are wanted', () => {
    const ledger = createLedger(limits)
    const now = new Date('2026-05-04T10:00:00Z')
    expect(ledger.claim(9, now).count).toBe(9)
    expect(ledger.claim(20, now).count).toBe(1)
  })

  test('refuse with the day that ends the wait', () => {
    const ledger = createLedger({ ...limits, dailyLimit: 1, rollingLimit: 5 })
    const now = new Date('2026-05-04T10:00:00Z')
    ledger.claim(1, now)
    expect(ledger.claim(1, now).block).toMatchObject({
      code: 'daily_limit',
      until: new Date('2026-05-04T22:00:00Z'),
    })
  })

  test('refuse with the moment at which the oldest taking leaves the window', () => {
    const ledger = createLedger({ ...limits, rollingLimit: 1 })
    const { block } = [new Date('2026-05-04T20:03:00Z'), new Date('2026-05-05T10:00:00Z')]
      .map((now) => ledger.claim(1, now))
      .at(-1) ?? { block: undefined }
    expect(block).toMatchObject({ code: 'rolling_limit', until: new Date('2026-05-05T20:10:00Z') })
    expect(ledger.claim(1, new Date('2026-05-05T20:09:59.999Z')).count).toBe(0)
    expect(ledger.claim(1, new Date('2026-05-05T20:10:00Z')).count).toBe(1)
  })

  test('wait for the one that lasts longer when two are used up', () => {
    const ledger = createLedger({ ...limits, dailyLimit: 1, rollingLimit: 1 })
    ledger.claim(1, new Date('2026-05-04T20:00:00Z'))
    expect(ledger.claim(1, new Date('2026-05-04T21:00:00Z')).block?.code).toBe('rolling_limit')
  })

  test('charge both days in the last two minutes before midnight of the zone, and one before', () => {
    const days = (at: string) => budgetKeys(limits, new Date(at)).filter((key) => key.includes('/day/'))
    expect(days('2026-05-04T21:57:59Z')).toEqual(['mailbox/m/day/2026-05-04'])
    expect(days('2026-05-04T21:58:00Z')).toEqual(['mailbox/m/day/2026-05-04', 'mailbox/m/day/2026-05-05'])
    expect(days('2026-05-04T22:00:00Z')).toEqual(['mailbox/m/day/2026-05-05'])
  })

  test('grant nothing before midnight when the next day is used up', () => {
    const ledger = createLedger({ ...limits, dailyLimit: 2, rollingLimit: 100, timezone: 'UTC' })
    expect(ledger.claim(5, new Date('2026-05-04T23:58:30Z')).count).toBe(2)
    expect(ledger.claim(5, new Date('2026-05-05T00:00:10Z')).count).toBe(0)
  })

  test('open no second day when the mailbox moves to a zone where it is tomorrow', () => {
    const rows = new Map<string, Budget>()
    const claim = (of: MailboxLimits, now: Date) => {
      for (const key of budgetKeys(of, now)) {
        if (!rows.has(key)) rows.set(key, { key, used: 0, buckets: [], bucketAt: null, readyAt: null })
      }
      const grant = grantFrom(rows, of, 10, now, () => now)
      for (const budget of takeFrom(rows, of, grant.count, now, 0)) rows.set(budget.key, budget)
      return grant.count
    }
    const now = new Date('2026-05-04T20:00:00Z')
    expect(claim({ ...limits, timezone: 'UTC' }, now)).toBe(10)
    expect(claim({ ...limits, timezone: 'Asia/Tokyo' }, now)).toBe(0)
  })

  test('let one out and keep the gap with its jitter; a gap is not given back', () => {
    const ledger = createLedger({ ...limits, minGapSeconds: 60, gapJitter: 0.5 })
    const now = new Date('2026-05-04T10:00:00Z')
    expect(ledger.claim(5, now, 0.5).count).toBe(1)
    ledger.giveBack(now)
    expect(ledger.claim(5, now).block).toMatchObject({
      code: 'gap',
      until: new Date('2026-05-04T10:01:15Z'),
    })
    expect(ledger.claim(5, new Date('2026-05-04T10:01:15Z')).count).toBe(1)
  })

  test('are given back to the bucket of the claim, not to the newest', () => {
    const ledger = createLedger({ ...limits, rollingLimit: 10 })
    const claimedAt = new Date('2026-05-04T10:09:59Z')
    ledger.claim(2, claimedAt)
    ledger.claim(3, new Date('2026-05-04T10:20:00Z'))
    ledger.giveBack(claimedAt)
    expect(ledger.row('mailbox/m/24h')?.buckets).toEqual([1, 0, 3])
    expect(ledger.row('mailbox/m/day/2026-05-04')?.used).toBe(4)
  })

  test('grant nothing when one of them could not be read', () => {
    const now = new Date('2026-05-04T10:00:00Z')
    const grant = grantFrom(new Map(), limits, 1, now, () => now)
    expect(grant).toMatchObject({ count: 0, block: { code: 'budget_unreadable' } })
  })
})
