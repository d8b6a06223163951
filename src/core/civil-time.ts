import { Temporal } from 'temporal-polyfill'
import { findTimeZone } from './time-zone.ts'

/** Days and weeks are civil: they keep the wall time. Hours, minutes and seconds are elapsed time. */
export interface CivilSpan {
  weeks?: number | undefined
  days?: number | undefined
  hours?: number | undefined
  minutes?: number | undefined
  seconds?: number | undefined
}

/**
 * One day of a zone, from its first midnight to that of the next day: 24 hours, or less or more at a clock change.
 * Where a midnight falls into a gap, the day begins with the first minute after it.
 */
export interface CivilDay {
  /** YYYY-MM-DD */
  date: string
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  weekday: number
  startMs: number
  endMs: number
}

const utcDayMs = 86_400_000
const maxZones = 1_000
const maxDaysPerZone = 2_000
// Planning 100,000 leads asks for the same few days of the same few zones: each is computed once.
const daysByZone = new Map<string, Map<number, CivilDay[]>>()

export function isTimeZone(zone: string): boolean {
  return findTimeZone(zone) !== undefined
}

/** The day of the zone that holds the instant. Throws a RangeError for a zone that does not exist. */
export function civilDay(instant: Date | number, zone: string): CivilDay {
  const ms = Number(instant)
  const days = cachedDays(zone, Math.floor(ms / utcDayMs))
  for (const day of days) if (day.startMs <= ms && ms < day.endMs) return day
  const day = computeDay(ms, zone)
  days.push(day)
  return day
}

/** YYYY-MM-DD in the zone. */
export function civilDate(instant: Date | number, zone: string): string {
  return civilDay(instant, zone).date
}

export function startOfNextDay(instant: Date | number, zone: string): Date {
  return new Date(civilDay(instant, zone).endMs)
}

/** The first moment after the day `date` (YYYY-MM-DD) of the zone. */
export function startOfDayAfter(date: string, zone: string): Date {
  const next = Temporal.PlainDate.from(date).add({ days: 1 })
  return new Date(resolve(next.toPlainDateTime(), zone))
}

/** The instant of a wall time, in minutes after midnight (1440 is the next midnight). */
export function wallTime(date: string, minuteOfDay: number, zone: string): Date {
  const midnight = Temporal.PlainDate.from(date).toPlainDateTime()
  return new Date(resolve(midnight.add({ minutes: minuteOfDay }), zone))
}

/** Moves by civil days first (a wall time that a gap swallows becomes the next valid minute), then by elapsed time. */
export function addCivil(instant: Date, span: CivilSpan, zone: string): Date {
  const days = (span.weeks ?? 0) * 7 + (span.days ?? 0)
  const seconds = ((span.hours ?? 0) * 60 + (span.minutes ?? 0)) * 60 + (span.seconds ?? 0)
  const moved = days === 0 ? instant.getTime() : addDays(instant.getTime(), days, zone)
  return new Date(moved + seconds * 1000)
}

function addDays(ms: number, days: number, zone: string): number {
  const from = civilDay(ms, zone)
  const to = civilDay(from.startMs + days * utcDayMs + utcDayMs / 2, zone)
  // Between two days without a clock change wall time is elapsed time: this is what nearly every follow-up asks.
  const between = Date.parse(to.date) - Date.parse(from.date)
  if (isPlain(from) && isPlain(to) && between === days * utcDayMs) return to.startMs + (ms - from.startMs)
  return resolve(zoned(ms, zone).toPlainDateTime().add({ days }), zone)
}

function isPlain(day: CivilDay): boolean {
  return day.endMs - day.startMs === utcDayMs
}

function computeDay(ms: number, zone: string): CivilDay {
  const date = zoned(ms, zone).toPlainDate()
  const day = dayOf(date, zone)
  // Clocks set back across midnight read yesterday again: the instant belongs to the day that had begun.
  return ms < day.endMs ? day : dayOf(date.add({ days: 1 }), zone)
}

function dayOf(date: Temporal.PlainDate, zone: string): CivilDay {
  return {
    date: date.toString(),
    weekday: date.dayOfWeek,
    startMs: resolve(date.toPlainDateTime(), zone),
    endMs: resolve(date.add({ days: 1 }).toPlainDateTime(), zone),
  }
}

/** An overlap counts once, the earlier; a gap moves to its end, the next valid minute. */
function resolve(wall: Temporal.PlainDateTime, zone: string): number {
  const found = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (found.toPlainDateTime().equals(wall)) return found.epochMilliseconds
  // In a gap, `earlier` lands before it, by as much as the clocks jump.
  return found.getTimeZoneTransition('next')?.epochMilliseconds ?? found.epochMilliseconds
}

function zoned(ms: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
}

function cachedDays(zone: string, utcDay: number): CivilDay[] {
  const ofZone = entry(daysByZone, zone, maxZones, () => new Map<number, CivilDay[]>())
  return entry(ofZone, utcDay, maxDaysPerZone, () => [])
}

function entry<K, V>(map: Map<K, V>, key: K, maxSize: number, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  if (map.size >= maxSize) map.clear()
  const made = make()
  map.set(key, made)
  return made
}
