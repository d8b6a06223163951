import { civilDay, startOfNextDay, wallTime } from './civil-time.ts'

const wakesAt = 7 * 60
const sleepsAt = 22 * 60
const morningMinutes = 150

/** The moment itself between 7:00 and 22:00 of the zone; what falls into the night is put off to the morning, by `fraction` of its first two and a half hours. */
export function whenAwake(at: Date, zone: string, fraction: number): Date {
  const { date } = civilDay(at, zone)
  if (at >= wallTime(date, sleepsAt, zone)) return whenAwake(startOfNextDay(at, zone), zone, fraction)
  const morning = wallTime(date, wakesAt, zone)
  return at >= morning ? at : new Date(morning.getTime() + fraction * morningMinutes * 60_000)
}
