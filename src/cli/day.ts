import { AppError } from '../core/errors.ts'

/** YYYY-MM-DD in UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

/** Throws `invalid_input`, naming the option. */
export function readDay(option: string, text: string): string {
  const at = new Date(`${text}T00:00:00Z`)
  if (Number.isNaN(at.getTime()) || dayOf(at) !== text)
    throw new AppError('invalid_input', `${option} ${text} is not a day; write one like 2026-11-21.`)
  return text
}
