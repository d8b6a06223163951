import { civilDate, isTimeZone } from '../core/civil-time.ts'
import { dayNumberOf, formatDay, nextWeekday, parseDay, weekdayOf, yearOf } from './civil-days.ts'
import { type Cue, type CuedDate, cueDates } from './date-cues.ts'
import { type DateMention, findDates, type Mentioned, type Reading } from './date-mentions.ts'
import { foldText } from './fold.ts'

const maxNoteChars = 10_000
const maxDaysAhead = 366
/** Without a year, a day that only next year has is believed this far ahead: further, the note is an old one. */
const maxDaysRolled = 183
/** An absence that begins later than this keeps nobody from reading today. */
const maxDaysToBegin = 7
/** Of two orders of day and month, one this near and one this far decide. */
const nearDays = 45
const farDays = 75

interface NoteContext {
  today: number
  order: 'month_first' | 'day_first' | 'unknown'
}

/**
 * The first day (YYYY-MM-DD) on which the sender of an absence note is there again, in English, Spanish, French, German,
 * Portuguese, Italian or Dutch. `date` is the message's, `zone` the one that its day is read in. Undefined when in doubt:
 * no date, dates that disagree, a date in the past or more than 366 days ahead.
 */
export function findReturnDate(note: string, date: Date, zone: string): string | undefined {
  const ms = date.getTime()
  if (!(ms > 0 && ms < Date.UTC(9000, 0))) return undefined
  const text = foldText(note, maxNoteChars)
    .replace(/[–—]/g, '-')
    .replace(/(?<!\n)\n(?!\n)/g, ' ')
    .replace(/ {2,}/g, ' ')
  const today = parseDay(civilDate(ms, isTimeZone(zone) ? zone : 'UTC'))
  const mentions = findDates(text)
  const context = { today, order: orderOf(text, mentions, zone) }
  return choose(cueDates(text, mentions), context)
}

/** "Back on" before "until" before a mere day of absence; within one of these, all must agree. */
function choose(dates: readonly CuedDate[], context: NoteContext): string | undefined {
  for (const cue of ['back', 'until', 'away'] as const) {
    const cued = dates.filter((date) => date.cue === cue)
    const days = new Set(cued.map((date) => returnDay(date, cue, context)).filter((day) => day !== undefined))
    const [day] = days
    if (day !== undefined) return days.size === 1 ? formatDay(day) : undefined
  }
  return undefined
}

function returnDay({ mention, from }: CuedDate, cue: Cue, context: NoteContext): number | undefined {
  const { today } = context
  const day = dayOf(mention.mentioned, cue, context)
  if (day === undefined || !hasBegun(day, mention, from, context)) return undefined
  const returns = cue === 'back' || mention.mentioned.kind === 'next_week' ? day : day + 1
  return returns >= today && returns <= today + maxDaysAhead ? returns : undefined
}

function dayOf(mentioned: Mentioned, cue: Cue, context: NoteContext): number | undefined {
  const { today } = context
  switch (mentioned.kind) {
    case 'relative':
      return today + mentioned.days
    case 'next_week':
      return nextWeekday(today, 1)
    case 'weekday':
      // "Back on Monday" is not today; "out until Monday" may be.
      return nextWeekday(cue === 'back' ? today : today - 1, mentioned.weekday)
    case 'end_of_month': {
      const { month } = mentioned
      const first = resolve({ day: 1, month: (month % 12) + 1, year: undefined }, today)
      return first === undefined ? undefined : cue === 'back' ? undefined : first - 1
    }
    case 'date':
      return dateDay(mentioned.readings, mentioned.weekday, context)
  }
}

function dateDay(
  readings: readonly Reading[],
  weekday: number | undefined,
  { today, order }: NoteContext,
): number | undefined {
  const days = readings.map((reading) => resolve(reading, today))
  const possible = days.filter((day) => day !== undefined)
  if (possible.length < 2) return possible[0]
  const fitting = possible.filter((day) => weekdayOf(day) === weekday)
  if (fitting.length === 1) return fitting[0]
  if (order !== 'unknown') return order === 'day_first' ? possible[0] : possible[1]
  const [near = 0, far = 0] = possible.sort((one, other) => one - other)
  return near - today <= nearDays && far - today >= farDays ? near : undefined
}

/** The next such day; yesterday still counts, since the last day of an absence may be it. */
function resolve({ day, month, year }: Reading, today: number): number | undefined {
  const within = (found: number | undefined, maxDays: number) =>
    found !== undefined && found >= today - 1 && found <= today + maxDays ? found : undefined
  if (year !== undefined) return within(dayNumberOf(year, month, day), maxDaysAhead)
  const thisYear = yearOf(today)
  return (
    within(dayNumberOf(thisYear, month, day), maxDaysAhead) ??
    within(dayNumberOf(thisYear + 1, month, day), maxDaysRolled)
  )
}

function hasBegun(
  lastDay: number,
  mention: DateMention,
  from: DateMention | undefined,
  { today, order }: NoteContext,
): boolean {
  const first = mention.firstDay ?? firstReading(from, order)
  if (!first) return true
  const year = first.year ?? yearOf(lastDay)
  const begins = dayNumberOf(year, first.month, first.day)
  if (begins === undefined) return true
  const inOrder = begins <= lastDay || first.year ? begins : dayNumberOf(year - 1, first.month, first.day)
  return inOrder === undefined || inOrder <= today + maxDaysToBegin
}

function firstReading(from: DateMention | undefined, order: NoteContext['order']): Reading | undefined {
  if (from?.mentioned.kind !== 'date') return undefined
  const { readings } = from.mentioned
  return order === 'month_first' ? (readings[1] ?? readings[0]) : readings[0]
}

const englishWords = /\b(?:the|will|and|with|office|return|back|until|away|i'm|my|your)\b/g
const otherWords =
  /\b(?:ich|und|der|die|bin|bis|je|suis|et|le|du|jusqu'au|el|estoy|hasta|que|la|sono|il|fino|di|estou|ate|de|em|ik|het|een|tot|van)\b/g

/** All but Americans write the day first; one date that can be read in only one order tells it for the whole note. */
function orderOf(text: string, mentions: readonly DateMention[], zone: string): NoteContext['order'] {
  const slashed = mentions.filter(({ start, end }) =>
    /^\d{1,2}[/-]\d/.test(text.slice(start, end).replace(/^[a-z, ]+/, '')),
  )
  for (const { start, end } of slashed) {
    const [first = 0, second = 0] =
      text
        .slice(start, end)
        .match(/\d{1,2}/g)
        ?.map(Number) ?? []
    if (first > 12) return 'day_first'
    if (second > 12) return 'month_first'
  }
  const english = text.match(englishWords)?.length ?? 0
  if (english <= (text.match(otherWords)?.length ?? 0)) return 'day_first'
  if (/^(?:America|US|Canada)\//.test(zone)) return 'month_first'
  return /^(?:Europe|Australia|Africa)\//.test(zone) ? 'day_first' : 'unknown'
}
