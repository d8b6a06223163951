import { didYouMean } from './did-you-mean.ts'
import { type MinuteRange, parseRange, type Weekday, weekdays } from './window.ts'

/** What is wrong, and at which key below the window. */
export interface HoursProblem {
  path: (string | number)[]
  message: string
}

export type Hours = { [day in Weekday]?: string[] }
export type HoursResult = { ok: true; hours: Hours } | { ok: false; problems: HoursProblem[] }

const daysWanted = 'write mon-fri, a list like [mon, wed], or hours for each day like { mon: "09:00-17:00" }'
const hoursWanted = 'write "09:00-17:00", or a list of such ranges'

/** Reads `{ days: mon-fri, hours: "09:00-17:00" }` and `{ days: { mon: ["09:00-12:00"], tue-thu: "10:00-16:00" } }`. */
export function parseWeeklyHours(value: unknown): HoursResult {
  const problems: HoursProblem[] = []
  const report = (path: (string | number)[], message: string) => void problems.push({ path, message })
  const hours = isRecord(value) ? readWindow(value, report) : {}
  if (!isRecord(value)) report([], `a window has days and hours: ${daysWanted}`)
  const isNeverOpen = Object.values(hours).every((ranges) => ranges.length === 0)
  if (problems.length === 0 && isNeverOpen) {
    report([], 'this window never opens: it has no day with hours')
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, hours }
}

type Report = (path: (string | number)[], message: string) => void

function readWindow(value: Record<string, unknown>, report: Report): Hours {
  for (const key of Object.keys(value)) {
    if (key === 'days' || key === 'hours') continue
    report([key], `unknown key "${key}" in window${didYouMean(key, ['days', 'hours'])}`)
  }
  if (isRecord(value.days)) {
    if ('hours' in value) report(['hours'], 'days that name their own hours take no hours beside them')
    return readDayByDay(value.days, report)
  }
  const ranges = readRanges(value.hours, ['hours'], report)
  const days = readDays(value.days, ['days'], report)
  return Object.fromEntries(days.map((day) => [day, ranges]))
}

function readDayByDay(days: Record<string, unknown>, report: Report): Hours {
  const hours: Hours = {}
  for (const [key, value] of Object.entries(days)) {
    const ranges = readRanges(value, ['days', key], report)
    for (const day of readDays(key, ['days', key], report)) {
      if (hours[day]) report(['days', key], `${day} is there twice`)
      hours[day] = ranges
    }
  }
  return hours
}

/** `mon-fri`, `mon, wed`, `[mon, tue-thu]`. */
function readDays(value: unknown, path: (string | number)[], report: Report): Weekday[] {
  const names = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [undefined]
  const found = names.flatMap((name) => {
    const days = typeof name === 'string' ? readDayRange(name.trim()) : undefined
    if (days) return days
    const words = typeof name === 'string' ? `"${name.trim()}" is not a day: ` : 'days are missing: '
    report(path, `${words}${daysWanted}`)
    return []
  })
  return weekdays.filter((day) => found.includes(day))
}

function readDayRange(text: string): Weekday[] | undefined {
  const [first, last, ...more] = text.split('-').map((name) => findDay(name.trim()))
  if (first === undefined || first < 0 || more.length > 0) return undefined
  if (last === undefined) return weekdays.slice(first, first + 1)
  if (last < 0) return undefined
  const length = ((last - first + 7) % 7) + 1
  return [...weekdays, ...weekdays].slice(first, first + length)
}

function findDay(name: string): number {
  const found = /^(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?$/i.test(name)
  return found ? weekdays.findIndex((day) => name.toLowerCase().startsWith(day)) : -1
}

function readRanges(value: unknown, path: (string | number)[], report: Report): string[] {
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  const ranges: MinuteRange[] = []
  for (const text of texts) {
    const range = typeof text === 'string' ? parseRange(text) : `hours are missing: ${hoursWanted}`
    if (typeof range === 'string') {
      report(path, range)
      continue
    }
    if (ranges.some((other) => range.from < other.to && other.from < range.to)) {
      report(path, `"${text}" overlaps another range of the same day`)
    }
    ranges.push(range)
  }
  return ranges.sort((a, b) => a.from - b.from).map(({ from, to }) => `${clock(from)}-${clock(to)}`)
}

function clock(minuteOfDay: number): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${pad(Math.floor(minuteOfDay / 60))}:${pad(minuteOfDay % 60)}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
