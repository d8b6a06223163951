import { civilDay, wallTime } from '../core/civil-time.ts'

/** Minutes after midnight; the end is exclusive, 1440 is midnight at the end of the day. */
export interface MinuteRange {
  from: number
  to: number
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]
/** Hours as they are written: `{ mon: ['09:00-12:00', '13:00-17:00'] }`; a day that is not there is closed. */
export type WeeklyHours = { readonly [day in Weekday]?: readonly string[] | undefined }

/** When a campaign may send, in wall time of whichever zone it is asked for. Make one for each run: it remembers days. */
export interface SendingWindow {
  /** Monday first; each day's ranges in order. */
  days: readonly (readonly MinuteRange[])[]
  /** YYYY-MM-DD in the zone that is asked for. */
  holidays: ReadonlySet<string>
}

interface Opening {
  startMs: number
  endMs: number
}

const horizonMs = 366 * 86_400_000
const maxDaysPerZone = 1_000
const openingsOf = new WeakMap<SendingWindow, Map<string, Map<number, readonly Opening[]>>>()

/** Throws on a range that `parseRange` refuses. */
export function sendingWindow(hours: WeeklyHours, holidays: readonly string[]): SendingWindow {
  const days = weekdays.map((day) => (hours[day] ?? []).map(rangeOrThrow).sort((a, b) => a.from - b.from))
  return { days, holidays: new Set(holidays) }
}

/** `09:00-17:00`, or in words what is wrong with it. */
export function parseRange(text: string): MinuteRange | string {
  const match = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(text)
  if (!match) return `"${text}" is not a range of hours like 09:00-17:00`
  const [from, to] = [minutes(match[1], match[2]), minutes(match[3], match[4])]
  if (from === undefined || to === undefined) return `"${text}" has a time that does not exist`
  if (from === to) return `"${text}" is empty: it ends when it begins`
  if (from > to) {
    return `"${text}" goes over midnight: write ${match[1]}:${match[2]}-24:00 and, on the next day, 00:00-${match[3]}:${match[4]}`
  }
  return { from, to }
}

/** `at` itself if the window is open then; undefined if it does not open within 366 days. */
export function nextOpen(window: SendingWindow, zone: string, at: Date): Date | undefined {
  const ms = at.getTime()
  for (let day = ms; day <= ms + horizonMs; day = civilDay(day, zone).endMs) {
    for (const opening of openings(window, zone, day)) {
      if (opening.endMs <= ms) continue
      const opens = Math.max(opening.startMs, ms)
      return opens <= ms + horizonMs ? new Date(opens) : undefined
    }
  }
  return undefined
}

function openings(window: SendingWindow, zone: string, atMs: number): readonly Opening[] {
  const { date, weekday, startMs } = civilDay(atMs, zone)
  const byDay = daysOfZone(window, zone)
  const known = byDay.get(startMs)
  if (known) return known
  const made = openingsOn(window, zone, date, weekday)
  if (byDay.size >= maxDaysPerZone) byDay.clear()
  byDay.set(startMs, made)
  return made
}

/** A range whose every minute a clock change skips does not open that day. */
function openingsOn(window: SendingWindow, zone: string, date: string, weekday: number): readonly Opening[] {
  if (window.holidays.has(date)) return []
  return (window.days[weekday - 1] ?? [])
    .map(({ from, to }) => ({
      startMs: wallTime(date, from, zone).getTime(),
      endMs: wallTime(date, to, zone).getTime(),
    }))
    .filter(({ startMs, endMs }) => startMs < endMs)
}

function daysOfZone(window: SendingWindow, zone: string): Map<number, readonly Opening[]> {
  const zones = openingsOf.get(window) ?? new Map<string, Map<number, readonly Opening[]>>()
  openingsOf.set(window, zones)
  const days = zones.get(zone) ?? new Map<number, readonly Opening[]>()
  zones.set(zone, days)
  return days
}

function minutes(hours = '', minute = ''): number | undefined {
  const total = Number(hours) * 60 + Number(minute)
  return Number(minute) > 59 || total > 24 * 60 ? undefined : total
}

function rangeOrThrow(text: string): MinuteRange {
  const range = parseRange(text)
  if (typeof range === 'string') throw new RangeError(range)
  return range
}
