import { AppError } from '../core/errors.ts'

/** YYYY-MM-DD in UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

/** 2026-11-21 09:30Z. */
export const minuteOf = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')}Z`

/** Throws `invalid_input`, naming the option. */
export function readDay(option: string, text: string): string {
  const at = new Date(`${text}T00:00:00Z`)
  if (Number.isNaN(at.getTime()) || dayOf(at) !== text)
    throw new AppError('invalid_input', `${option} ${text} is not a day; write one like 2026-11-21.`)
  if (text < firstDay)
    throw new AppError('invalid_input', `${option} ${text}: there are no days before ${firstDay}.`)
  return text
}

/** Dates that PostgreSQL cannot take further back are before it. */
const firstDay = '2000-01-01'

export interface DayRange {
  from?: string | undefined
  to?: string | undefined
}

/** --from and --to, each as it is written or left out. Throws `invalid_input`. */
export function readDayRange({ from, to }: DayRange): DayRange {
  const first = from === undefined ? undefined : readDay('--from', from)
  const last = to === undefined ? undefined : readDay('--to', to)
  if (first !== undefined && last !== undefined && first > last)
    throw new AppError('invalid_input', `--from ${first} is after --to ${last}.`)
  return { from: first, to: last }
}
