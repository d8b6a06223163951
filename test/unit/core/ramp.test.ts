import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRampedUp, type RampPolicy, rampCap, rampDay, rampLevel } from '../../../src/core/ramp.ts'

const policy: RampPolicy = {
  start: 3,
  step: 2,
  ceiling: 20,
  weekdaysOnly: true,
  jitter: 0,
  startedOn: '2027-03-05', // a Friday
  seed: 7,
  throttled: false,
}

const isoDay = (first: string, after: number): string =>
  new Date(Date.parse(`${first}T00:00:00Z`) + after * 86_400_000).toISOString().slice(0, 10)

const anyDate = fc.nat({ max: 40_000 }).map((days) => isoDay('1980-01-01', days))
const anyPolicy = fc.record({
  start: fc.integer({ min: 1, max: 20 }),
  step: fc.integer({ min: 0, max: 10 }),
  ceiling: fc.integer({ min: 20, max: 200 }),
  weekdaysOnly: fc.boolean(),
  jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
  startedOn: anyDate,
  seed: fc.nat(),
  throttled: fc.boolean(),
})

describe('the ramp', () => {
  test('grows by its step on each weekday, up to its ceiling, and rests on weekends', () => {
    const caps = Array.from({ length: 16 }, (_, n) => rampCap(policy, isoDay('2027-03-04', n)))
    expect(caps).toEqual([0, 3, 0, 0, 5, 7, 9, 11, 13, 0, 0, 15, 17, 19, 20, 20])
  })

  test('counts every day where weekends are days like others', () => {
    const daily = { ...policy, weekdaysOnly: false }
    expect([0, 1, 2, 3].map((n) => rampCap(daily, isoDay('2027-03-05', n)))).toEqual([3, 5, 7, 9])
  })

  test('begins on the Monday after when it is started on a weekend', () => {
    const onSunday = { ...policy, startedOn: '2027-03-07' }
    expect(rampCap(onSunday, '2027-03-07')).toBe(0)
    expect(rampCap(onSunday, '2027-03-08')).toBe(3)
  })

  test('is halved while throttled, and has come to its ceiling by the calendar', () => {
    expect(rampCap({ ...policy, throttled: true }, '2027-03-12')).toBe(6)
    expect(isRampedUp(policy, '2027-03-12')).toBe(false)
    expect(isRampedUp({ ...policy, throttled: true }, '2027-03-18')).toBe(true)
  })

  test('stays where it was while it is paused', () => {
    const paused = { ...policy, pausedOn: '2027-03-09' }
    expect(
      ['2027-03-08', '2027-03-09', '2027-03-12', '2027-03-13'].map((day) => rampCap(paused, day)),
    ).toEqual([5, 7, 7, 0])
  })

  test('counts the days that one would count one by one', () => {
    fc.assert(
      fc.property(anyPolicy, fc.nat({ max: 400 }), (some, after) => {
        const date = isoDay(some.startedOn, after)
        const rests = (day: string) =>
          some.weekdaysOnly && [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay())
        const before = Array.from({ length: after }, (_, n) => isoDay(some.startedOn, n))
        const counted = before.filter((day) => !rests(day)).length
        expect(rampDay(some, date)).toBe(rests(date) ? undefined : counted)
      }),
    )
  })

  test('stays within its jitter and its ceiling, never falls to nothing, and says the same twice', () => {
    fc.assert(
      fc.property(anyPolicy, fc.nat({ max: 400 }), (some, after) => {
        const date = isoDay(some.startedOn, after)
        const level = rampLevel(some, date)
        const cap = rampCap(some, date)
        expect(cap).toBe(rampCap({ ...some }, date))
        expect(cap).toBeLessThanOrEqual(Math.min(some.ceiling, Math.round(level * (1 + some.jitter))))
        if (level > 0) expect(cap).toBeGreaterThanOrEqual(Math.max(1, Math.floor(level * (1 - some.jitter))))
        else expect(cap).toBe(0)
      }),
    )
  })
})
