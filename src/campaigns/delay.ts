import { z } from 'zod'

const count = z.number().int().min(0)

/** The jsonb of `campaign_steps.delay`: civil days in the lead's zone, then elapsed time. */
export const stepDelay = z.strictObject({
  days: count.optional(),
  hours: count.optional(),
  minutes: count.optional(),
  seconds: count.optional(),
})
export type StepDelay = z.infer<typeof stepDelay>

const maxDays = 366
const wanted = 'write it like 3 days, 90 minutes or PT36H'
const unitNames = {
  weeks: /^w(eeks?)?$/i,
  days: /^d(ays?)?$/i,
  hours: /^h(ours?)?$/i,
  minutes: /^m(in(ute)?s?)?$/i,
  seconds: /^s(ec(ond)?s?)?$/i,
} as const
type Unit = keyof typeof unitNames

// ISO 8601 without years and months, whose length depends on the date.
const isoDuration = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i

/** `3 days`, `1 week 2 days`, `90 minutes`, `P3D`, `PT36H`; or in words what is wrong with it. */
export function parseDelay(text: string): StepDelay | string {
  const counts = readIso(text.trim()) ?? readWords(text)
  if (typeof counts === 'string') return counts
  const { weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = counts
  const inDays = weeks * 7 + days + hours / 24 + minutes / 1440 + seconds / 86_400
  if (inDays === 0) return `"${text}" is no time at all; ${wanted}`
  if (inDays > maxDays) return `"${text}" is longer than ${maxDays} days`
  const delay = { days: weeks * 7 + days, hours, minutes, seconds }
  return Object.fromEntries(Object.entries(delay).filter(([, value]) => value > 0))
}

function readIso(text: string): Partial<Record<Unit, number>> | undefined {
  const match = isoDuration.exec(text)
  if (!match) return undefined
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0))
  return {
    weeks: weeks ?? 0,
    days: days ?? 0,
    hours: hours ?? 0,
    minutes: minutes ?? 0,
    seconds: seconds ?? 0,
  }
}

function readWords(text: string): Partial<Record<Unit, number>> | string {
  const counts: Partial<Record<Unit, number>> = {}
  const terms = text.trim().split(/(?<=[a-z])(?:\s*,\s*|\s+and\s+|\s+)(?=\d)/i)
  for (const term of terms) {
    const match = /^(\d+)\s*([a-z]+)$/i.exec(term)
    if (!match) return `"${text}" is not a length of time; ${wanted}`
    const unit = findUnit(match[2] ?? '')
    if (!unit) return `"${match[2]}" in "${text}" is not a unit of time; ${wanted}`
    if (counts[unit] !== undefined) return `"${text}" names ${unit} twice`
    counts[unit] = Number(match[1])
  }
  return counts
}

function findUnit(word: string): Unit | undefined {
  return (Object.keys(unitNames) as Unit[]).find((unit) => unitNames[unit].test(word))
}
