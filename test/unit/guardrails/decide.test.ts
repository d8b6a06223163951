import { describe, expect, test } from 'vitest'
import { breachOf, breachWords, countedFrom, decideGuard } from '../../../src/guardrails/decide.ts'
import { type GuardRules, guardRules } from '../../../src/guardrails/rules.ts'

const rules: GuardRules = { bounceRate: 0.05, complaintRate: 0.001, days: 7, floor: 50, minPauseHours: 24 }
const now = new Date('2026-03-10T12:00:00Z')
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
const active = { state: 'active', pausedAt: null, guardedFrom: null } as const
const pausedFor = (hours: number) =>
  ({ state: 'guard_paused', pausedAt: hoursAgo(hours), guardedFrom: null }) as const

describe('a rate is too high', () => {
  test.each([
    { name: 'never at exactly 5 %', sent: 60, hard: 3, complaints: 0, metric: undefined },
    { name: 'above 5 %', sent: 60, hard: 4, complaints: 0, metric: 'bounce_rate' },
    { name: 'not of 49 sent', sent: 49, hard: 49, complaints: 49, metric: undefined },
    { name: 'of 50 sent', sent: 50, hard: 3, complaints: 0, metric: 'bounce_rate' },
    { name: 'never at exactly 0.1 % complaints', sent: 3000, hard: 0, complaints: 3, metric: undefined },
    { name: 'above 0.1 % complaints', sent: 2999, hard: 0, complaints: 3, metric: 'complaint_rate' },
    { name: 'with one complaint of 50', sent: 50, hard: 0, complaints: 1, metric: 'complaint_rate' },
  ])('$name', ({ metric, name: _, ...counts }) => {
    expect(breachOf(counts, rules)?.metric).toBe(metric)
  })

  test('exactly the limit is not above it, whatever the numbers', () => {
    for (let sent = 60; sent <= 200_000; sent += 20)
      expect(breachOf({ sent, hard: sent / 20, complaints: 0 }, rules)).toBeUndefined()
  })

  test('unless the tenant never wants it', () => {
    const never = guardRules({ guardrails: { bounceRate: 'never', floor: 10 } }, rules)
    expect(never).toMatchObject({ rules: { ...rules, bounceRate: Number.POSITIVE_INFINITY, floor: 10 } })
    expect(breachOf({ sent: 100, hard: 100, complaints: 0 }, never.rules)).toBeUndefined()
  })
})

const bad = { sent: 100, hard: 10, complaints: 0 }
const good = { sent: 100, hard: 5, complaints: 0 }

test('an active one is paused for its breach, and left alone without', () => {
  expect(decideGuard(active, bad, rules, now)).toMatchObject({
    kind: 'pause',
    breach: { count: 10, sent: 100 },
  })
  expect(decideGuard(active, good, rules, now)).toEqual({ kind: 'none' })
})

test('a paused one goes on when its rate has fallen and its shortest pause is over', () => {
  expect(decideGuard(pausedFor(23.99), good, rules, now)).toEqual({ kind: 'stay', breach: null })
  expect(decideGuard(pausedFor(24), good, rules, now)).toEqual({ kind: 'resume' })
  expect(decideGuard(pausedFor(24), bad, rules, now)).toMatchObject({ kind: 'stay', breach: { sent: 100 } })
  expect(decideGuard(pausedFor(24), { sent: 49, hard: 49, complaints: 0 }, rules, now)).toEqual({
    kind: 'resume',
  })
})

test('what was sent before it was resumed does not count while it is active', () => {
  const windowStart = hoursAgo(7 * 24)
  expect(countedFrom(active, rules, now)).toEqual(windowStart)
  expect(countedFrom({ ...active, guardedFrom: hoursAgo(2) }, rules, now)).toEqual(hoursAgo(2))
  expect(countedFrom({ ...active, guardedFrom: hoursAgo(200) }, rules, now)).toEqual(windowStart)
  expect(countedFrom({ ...pausedFor(2), guardedFrom: hoursAgo(50) }, rules, now)).toEqual(windowStart)
})

test("settings that are not valid leave the installation's rules, and say what is wrong", () => {
  const { rules: kept, problem } = guardRules({ guardrails: { bounceRate: 5 } }, rules)
  expect(kept).toEqual(rules)
  expect(problem).toContain('bounceRate')
})

test('the words say how many of how many, and the limit', () => {
  const breach = breachOf({ sent: 60, hard: 4, complaints: 0 }, rules)
  if (!breach) throw new Error('no breach')
  expect(breachWords(breach, rules)).toBe(
    '4 of 60 emails of 7 days bounced for good: 6.67 %, allowed are 5 %',
  )
})
