const dayMs = 86_400_000

/** Days since 1970-01-01: a civil date as a number, so that weeks and differences are arithmetic. */
export function dayNumberOf(year: number, month: number, day: number): number | undefined {
  const ms = Date.UTC(year, month - 1, day)
  const date = new Date(ms)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms / dayMs : undefined
}

export function parseDay(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / dayMs
}

/** YYYY-MM-DD */
export function formatDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}

export function yearOf(day: number): number {
  return new Date(day * dayMs).getUTCFullYear()
}

/** 1 is Monday, 7 is Sunday; day 0 was a Thursday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

/** The first such weekday after the day, never the day itself. */
export function nextWeekday(after: number, weekday: number): number {
  return after + ((weekday - weekdayOf(after) + 6) % 7) + 1
}
