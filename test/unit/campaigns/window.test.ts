import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  nextOpen,
  parseRange,
  type SendingWindow,
  sendingWindow,
  type WeeklyHours,
} from '../../../src/campaigns/window.ts'

const zones = Intl.supportedValuesOf('timeZone')
const office: WeeklyHours = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, ['09:00-12:00', '13:00-17:00']]),
)
const always: WeeklyHours = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, ['00:00-24:00']]),
)
const minuteMs = 60_000
const dayMs = 86_400_000

const isOpen = (window: SendingWindow, zone: string, at: Date): boolean =>
  nextOpen(window, zone, at)?.getTime() === at.getTime()

describe('the next opening', () => {
  const window = sendingWindow(office, ['2026-12-25'])

  it.each([
    ['is now while the window is open', '2026-03-02T08:00:00Z', '2026-03-02T08:00:00.000Z'],
    ['is this morning before it', '2026-03-02T07:59:59Z', '2026-03-02T08:00:00.000Z'],
    ['is after lunch at the end of the morning', '2026-03-02T11:00:00Z', '2026-03-02T12:00:00.000Z'],
    ['is tomorrow at the end of the day', '2026-03-02T16:00:00Z', '2026-03-03T08:00:00.000Z'],
    ['is Monday after Friday', '2026-03-06T16:00:00Z', '2026-03-09T08:00:00.000Z'],
    ['keeps the wall time over the change of clocks', '2026-03-27T16:00:00Z', '2026-03-30T07:00:00.000Z'],
    ['skips a holiday and the weekend after it', '2026-12-24T16:00:00Z', '2026-12-28T08:00:00.000Z'],
  ])('%s', (_, at, expected) => {
    expect(nextOpen(window, 'Europe/Berlin', new Date(at))?.toISOString()).toBe(expected)
  })

  it('asks the zone for the day of a holiday', () => {
    const at = new Date('2026-12-24T23:30:00Z')
    expect(nextOpen(window, 'Asia/Tokyo', at)?.toISOString()).toBe('2026-12-28T00:00:00.000Z')
    expect(nextOpen(window, 'America/Los_Angeles', at)?.toISOString()).toBe('2026-12-24T23:30:00.000Z')
  })

  it('is undefined for a window without hours, and for one with a year of holidays', () => {
    const at = new Date('2026-01-01T00:00:00Z')
    const year = Array.from({ length: 367 }, (_, day) => new Date(at.getTime() + day * dayMs))
    const holidays = year.map((date) => date.toISOString().slice(0, 10))
    expect(nextOpen(sendingWindow({}, []), 'UTC', at)).toBeUndefined()
    expect(nextOpen(sendingWindow(office, holidays), 'UTC', at)).toBeUndefined()
    expect(nextOpen(sendingWindow(always, holidays.slice(0, 365)), 'UTC', at)?.toISOString()).toBe(
      '2027-01-01T00:00:00.000Z',
    )
  })
})

describe('a change of clocks', () => {
  const night = sendingWindow({ sun: ['02:00-03:00'] }, [])

  it('opens a range that begins in the gap at its end, and not at all if the gap swallows it', () => {
    const at = new Date('2026-03-28T12:00:00Z')
    const half = sendingWindow({ sun: ['02:30-05:00'] }, [])
    expect(nextOpen(half, 'Europe/Berlin', at)?.toISOString()).toBe('2026-03-29T01:00:00.000Z')
    expect(nextOpen(night, 'Europe/Berlin', at)?.toISOString()).toBe('2026-04-05T00:00:00.000Z')
  })

  it('opens once in an overlap, with the earlier of the two hours', () => {
    const early = sendingWindow({ sun: ['02:00-02:30'] }, [])
    const open = (time: string) => isOpen(early, 'Europe/Berlin', new Date(`2026-10-25T${time}Z`))
    expect(open('00:15:00')).toBe(true)
    expect(open('01:15:00')).toBe(false)
  })
})

describe('every window in every zone', () => {
  const range = fc
    .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 1, max: 48 }))
    .filter(([from, to]) => from < to)
    .map(([from, to]) => `${half(from)}-${half(to)}`)
  const hours = fc.option(fc.array(range, { maxLength: 3 }), { nil: undefined })
  const week = fc
    .tuple(hours, hours, hours, hours, hours, hours, hours)
    .map(([mon, tue, wed, thu, fri, sat, sun]) => sendingWindow({ mon, tue, wed, thu, fri, sat, sun }, []))
  const instant = fc.oneof(
    fc.date({ min: new Date('2025-01-01'), max: new Date('2029-12-31'), noInvalidDate: true }),
    // Around both changes of clocks of the northern and the southern hemisphere.
    fc
      .tuple(
        fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'),
        fc.integer({ min: -36 * 60, max: 36 * 60 }),
      )
      .map(([date, minutes]) => new Date(Date.parse(date) + minutes * minuteMs)),
  )

  it('finds the first open minute: open there, closed on the way, and the same from any point before it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        week,
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        check,
      ),
      { numRuns: 500 },
    )
  })

  function check(zone: string, window: ReturnType<typeof sendingWindow>, at: Date, share: number): void {
    const opens = nextOpen(window, zone, at)
    if (!opens) {
      expect(nextOpen(window, zone, new Date(at.getTime() + 8 * dayMs))).toBeUndefined()
      return
    }
    expect(nextOpen(window, zone, opens)).toEqual(opens)
    expect(opens.getTime()).toBeGreaterThanOrEqual(at.getTime())
    const between = new Date(Math.floor(at.getTime() + (opens.getTime() - at.getTime()) * share))
    expect(nextOpen(window, zone, between)).toEqual(opens)
  }

  it('is open when the wall clock is within a range, away from changes of clocks', () => {
    const window = sendingWindow(office, [])
    const summer = fc.date({
      min: new Date('2026-06-01'),
      max: new Date('2026-08-31'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(fc.constantFrom(...zones), summer, (zone, at) => {
        const format = new Intl.DateTimeFormat('en-GB', {
          timeZone: zone,
          weekday: 'short',
          hour: '2-digit',
          hourCycle: 'h23',
        })
        const [day = '', hour = ''] = format.format(at).split(/,? /)
        const isOffice = !day.startsWith('S') && Number(hour) >= 9 && Number(hour) < 17 && Number(hour) !== 12
        expect(isOpen(window, zone, at)).toBe(isOffice)
      }),
      { numRuns: 300 },
    )
  })

  function half(slot: number): string {
    return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 ? '30' : '00'}`
  }
})

describe('a range of hours', () => {
  it.each([
    ['09:00-17:00', { from: 540, to: 1020 }],
    ['0:00-24:00', { from: 0, to: 1440 }],
    [' 9:30 - 10:00 ', { from: 570, to: 600 }],
  ])('reads %j', (text, expected) => {
    expect(parseRange(text)).toEqual(expected)
  })

  it.each([
    ['9-17', 'is not a range'],
    ['09:00-24:01', 'does not exist'],
    ['09:60-10:00', 'does not exist'],
    ['09:00-09:00', 'is empty'],
    ['22:00-06:00', 'write 22:00-24:00 and, on the next day, 00:00-06:00'],
  ])('refuses %j', (text, reason) => {
    expect(parseRange(text)).toContain(reason)
    expect(() => sendingWindow({ mon: [text] }, [])).toThrow(reason)
  })
})
