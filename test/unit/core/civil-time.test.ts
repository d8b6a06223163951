import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addCivil,
  civilDate,
  civilDay,
  isTimeZone,
  startOfDayAfter,
  startOfNextDay,
  wallTime,
} from '../../../src/core/civil-time.ts'

const zones = Intl.supportedValuesOf('timeZone')
const anyZone = fc.constantFrom(...zones)
const anyInstant = fc.date({
  min: new Date('2024-01-01T00:00:00Z'),
  max: new Date('2031-12-31T00:00:00Z'),
  noInvalidDate: true,
})

/** Reads the wall clock through Intl, which the code under test does not use. */
function clock(at: Date, zone: string): { date: string; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? ''
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}:${part('second')}`,
  }
}

describe('civil days', () => {
  it.each([
    ['2026-03-29T00:30:00Z', 'Europe/Berlin', '2026-03-29', 23],
    ['2026-10-25T22:30:00Z', 'Europe/Berlin', '2026-10-25', 25],
    ['2026-06-01T23:30:00Z', 'Europe/Berlin', '2026-06-02', 24],
    // Clocks go forward at midnight: the day begins at 01:00.
    ['2026-04-24T12:00:00Z', 'Africa/Cairo', '2026-04-24', 23],
    // Clocks go back at midnight to 23:00: the 29th has 25 hours.
    ['2026-10-29T20:30:00Z', 'Africa/Cairo', '2026-10-29', 25],
    ['2026-04-05T01:00:00Z', 'Australia/Lord_Howe', '2026-04-05', 24.5],
  ])('%s in %s falls on %s, a day of %d hours', (at, zone, date, hours) => {
    const day = civilDay(new Date(at), zone)
    expect(day.date).toBe(date)
    expect((day.endMs - day.startMs) / 3_600_000).toBe(hours)
  })

  it('has no day for the one that Samoa skipped', () => {
    expect(startOfNextDay(new Date('2011-12-29T20:00:00Z'), 'Pacific/Apia').toISOString()).toBe(
      '2011-12-30T10:00:00.000Z',
    )
    expect(civilDate(new Date('2011-12-30T10:00:00Z'), 'Pacific/Apia')).toBe('2011-12-31')
  })

  it('agrees with Intl about the date, in every zone', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (zone, at) => {
        const day = civilDay(at, zone)
        expect(day.date).toBe(clock(at, zone).date)
        expect(day.weekday).toBe(new Date(day.date).getUTCDay() || 7)
        expect(day.startMs).toBeLessThanOrEqual(at.getTime())
        expect(day.endMs).toBeGreaterThan(at.getTime())
      }),
      { numRuns: 400 },
    )
  })

  it('begins the next day where this one ends', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (zone, at) => {
        const next = startOfNextDay(at, zone)
        expect(startOfDayAfter(civilDate(at, zone), zone)).toEqual(next)
        expect(civilDate(next, zone) > civilDate(at, zone)).toBe(true)
        expect(civilDay(next, zone).startMs).toBe(next.getTime())
      }),
      { numRuns: 400 },
    )
  })
})

describe('wall time', () => {
  it.each([
    ['2026-03-29', 2 * 60 + 30, 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25', 2 * 60 + 30, 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-03-08', 2 * 60, 'America/New_York', '2026-03-08T07:00:00.000Z'],
    ['2026-11-01', 60, 'America/New_York', '2026-11-01T05:00:00.000Z'],
    ['2026-10-04', 2 * 60 + 15, 'Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
    ['2026-04-24', 0, 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['2026-06-01', 24 * 60, 'Asia/Kolkata', '2026-06-01T18:30:00.000Z'],
  ])('on %s, minute %d in %s is %s', (date, minute, zone, expected) => {
    expect(wallTime(date, minute, zone).toISOString()).toBe(expected)
  })
})

describe('adding civil time', () => {
  it.each([
    ['a gap moves to its end', '2026-03-28T01:30:00Z', { days: 1 }, '2026-03-29T01:00:00.000Z'],
    ['an overlap counts once', '2026-10-24T00:30:00Z', { days: 1 }, '2026-10-25T00:30:00.000Z'],
    ['days keep the wall time in spring', '2026-03-28T08:00:00Z', { days: 1 }, '2026-03-29T07:00:00.000Z'],
    ['days keep the wall time in autumn', '2026-10-24T07:00:00Z', { days: 1 }, '2026-10-25T08:00:00.000Z'],
    ['hours are elapsed', '2026-03-28T08:00:00Z', { hours: 24 }, '2026-03-29T08:00:00.000Z'],
    ['days come before hours', '2026-03-28T08:00:00Z', { days: 1, hours: 2 }, '2026-03-29T09:00:00.000Z'],
    ['weeks are seven days', '2026-03-25T08:00:00Z', { weeks: 1 }, '2026-04-01T07:00:00.000Z'],
    ['no time is no change', '2026-10-25T01:30:00Z', {}, '2026-10-25T01:30:00.000Z'],
    [
      'seconds and minutes add up',
      '2026-06-01T08:00:00Z',
      { minutes: 1, seconds: 5 },
      '2026-06-01T08:01:05.000Z',
    ],
  ])('%s', (_, at, span, expected) => {
    expect(addCivil(new Date(at), span, 'Europe/Berlin').toISOString()).toBe(expected)
  })

  it('keeps the wall time and moves the date, or lands at the end of a gap', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, fc.integer({ min: 1, max: 400 }), (zone, at, days) => {
        const moved = addCivil(at, { days }, zone)
        const [before, after] = [clock(at, zone), clock(moved, zone)]
        expect((Date.parse(after.date) - Date.parse(before.date)) / 86_400_000).toBe(days)
        if (after.time === before.time) return
        // Only a gap changes the wall time: the moment before it reads earlier than the time that was asked for.
        expect(after.time > before.time).toBe(true)
        expect(clock(new Date(moved.getTime() - 1000), zone).time < before.time).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})

describe('zones', () => {
  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('knows %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })

  it.each(['', 'Mars/Phobos', '+01:00', 'Berlin', 'Europe/Berlin; drop'])('refuses %j', (zone) => {
    expect(isTimeZone(zone)).toBe(false)
  })
})
