import { endOfMonth, months, nextWeek, relativeDays, shortestWeekday, weekdays } from './date-words.ts'

/** One way to read what is written; without a year it is the next such day. */
export interface Reading {
  day: number
  month: number
  year: number | undefined
}

export type Mentioned =
  | { kind: 'date'; readings: readonly Reading[]; weekday: number | undefined }
  | { kind: 'weekday'; weekday: number }
  | { kind: 'relative'; days: number }
  | { kind: 'next_week' }
  | { kind: 'end_of_month'; month: number }

export interface DateMention {
  /** Where it stands in the text. */
  start: number
  end: number
  mentioned: Mentioned
  /** "December 3-7": the first day, when the mention is a range of its own. */
  firstDay?: Reading
}

const maxMentions = 200

/** Every date, weekday and relative day in folded text, in order. */
export function findDates(text: string): DateMention[] {
  const found: DateMention[] = []
  for (const find of [
    isoDates,
    numericDates,
    dashedDates,
    dayMonthDates,
    monthDayDates,
    monthEnds,
    weeks,
    words,
  ])
    for (const mention of find(text)) {
      if (found.length >= maxMentions) break
      if (!found.some((other) => mention.start < other.end && other.start < mention.end)) found.push(mention)
    }
  found.sort((one, other) => one.start - other.start)
  return withWeekdays(text, found)
}

const iso = /(?<![\d-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d-])/g

function* isoDates(text: string): Generator<DateMention> {
  for (const match of text.matchAll(iso))
    yield* dateAt(match, [{ year: Number(match[1]), month: Number(match[3]), day: Number(match[4]) }])
}

const numeric =
  /(?<![\d./:,+])(\d{1,2})(?:([./])(\d{1,2})(?:\2 ?(\d{4}|\d{2})(?!\d)|\.(?!\d))?|(-)(\d{1,2})-(\d{4}|\d{2}))(?![\d/:]|[.,-]\d)(?! ?(?:am|pm|uhr|hrs?|h|%|eur|usd|o'clock|x)\b)/g

/** Both orders of day and month, where both exist; only a slash is written in both. */
function* numericDates(text: string): Generator<DateMention> {
  for (const match of text.matchAll(numeric)) {
    if (match[0] === '24/7') continue
    const first = Number(match[1])
    const second = Number(match[3] ?? match[6])
    const year = fullYear(match[4] ?? match[7])
    const readings = [{ day: first, month: second, year }]
    if (match[2] !== '.') readings.push({ day: second, month: first, year })
    yield* dateAt(match, readings)
  }
}

const dashed = /(?<![\d-])(\d{1,2})-([a-z]{3,10})-(\d{4}|\d{2})(?!\d)/g
const dayMonth =
  /(?<![\d./:])(\d{1,2})(?:st|nd|rd|th|er|e|o|a|°)?(?: |\. ?)((?:of|de|del|di) )?(?:the )?([a-z]{3,10})\b\.?(?:,? (?:de |del |of )?(\d{4})(?!\d))?/g

function* dashedDates(text: string): Generator<DateMention> {
  for (const match of text.matchAll(dashed)) {
    const month = months.get(match[2] ?? '')
    if (month) yield* dateAt(match, [{ day: Number(match[1]), month, year: fullYear(match[3]) }])
  }
}

function* dayMonthDates(text: string): Generator<DateMention> {
  // A number before no month must not swallow the one behind it: "3 to 7 December".
  dayMonth.lastIndex = 0
  for (let match = dayMonth.exec(text); match; match = dayMonth.exec(text)) {
    const word = match[3] ?? ''
    const month = word === 'out' && !match[2] ? undefined : months.get(word)
    if (month) yield* dateAt(match, [{ day: Number(match[1]), month, year: fullYear(match[4]) }])
    else dayMonth.lastIndex = match.index + (match[1]?.length ?? 1)
  }
}

const monthDay = /\b([a-z]{3,9})\.? (?:the )?(\d{1,2})(?:st|nd|rd|th)?(?![\d/]|[:.]\d)(?:,? (\d{4})(?!\d))?/g
const toDay =
  /^ ?(?:-|–|—|to|through|thru|until) ?(?:the )?(\d{1,2})(?:st|nd|rd|th)?(?![\d/]|[:.]\d)(?:,? (\d{4})(?!\d))?(?: ([a-z]{3,9})\b)?/

function* monthDayDates(text: string): Generator<DateMention> {
  for (const match of text.matchAll(monthDay)) {
    const month = months.get(match[1] ?? '')
    if (!month) continue
    const first = { day: Number(match[2]), month, year: fullYear(match[3]) }
    const end = match.index + match[0].length
    const range = toDay.exec(text.slice(end, end + 40))
    if (!range || months.has(range[3] ?? '')) yield* dateAt(match, [first])
    else {
      const last = { day: Number(range[1]), month, year: fullYear(range[2]) ?? first.year }
      for (const mention of dateAt(match, [last]))
        yield { ...mention, end: end + range[0].length, firstDay: first }
    }
  }
}

function* dateAt(match: RegExpExecArray, readings: readonly Reading[]): Generator<DateMention> {
  const possible = readings.filter(({ day, month }) => day >= 1 && day <= 31 && month >= 1 && month <= 12)
  const [first, second] = possible
  if (!first) return
  const same = second && second.day === first.day
  yield {
    start: match.index,
    end: match.index + match[0].length,
    mentioned: { kind: 'date', readings: same ? [first] : possible, weekday: undefined },
  }
}

function fullYear(written: string | undefined): number | undefined {
  if (written === undefined) return undefined
  return written.length === 2 ? 2000 + Number(written) : Number(written)
}

function* monthEnds(text: string): Generator<DateMention> {
  for (const match of text.matchAll(endOfMonth)) {
    const month = months.get(match[1] ?? '')
    if (month) yield at(match, { kind: 'end_of_month', month })
  }
}

function* weeks(text: string): Generator<DateMention> {
  for (const match of text.matchAll(nextWeek)) yield at(match, { kind: 'next_week' })
}

function* words(text: string): Generator<DateMention> {
  for (const match of text.matchAll(/\b[a-z][a-z'-]{2,13}\b/g)) {
    const weekday = weekdays.get(match[0])
    const days = relativeDays.get(match[0])
    if (weekday && match[0].length >= shortestWeekday) yield at(match, { kind: 'weekday', weekday })
    else if (days !== undefined) yield at(match, { kind: 'relative', days })
  }
}

function at(match: RegExpExecArray, mentioned: Mentioned): DateMention {
  return { start: match.index, end: match.index + match[0].length, mentioned }
}

/** "Monday, 7 December" and "7 December (Monday)" are one mention each: the weekday tells which order was meant. */
function withWeekdays(text: string, found: readonly DateMention[]): DateMention[] {
  const merged: DateMention[] = []
  for (const mention of found) {
    const last = merged.at(-1)
    const gap = last && text.slice(last.end, mention.start)
    if (last && gap !== undefined && gap.length <= 10 && joins(last, mention, gap)) {
      merged[merged.length - 1] = join(last, mention)
      continue
    }
    merged.push(mention)
  }
  return merged
}

function joins(one: DateMention, other: DateMention, gap: string): boolean {
  if (one.mentioned.kind === 'weekday' && other.mentioned.kind === 'date')
    return /^[\s,.(]{0,3}(?:the |den |dem |der |le |el |il |dia |o |de |am |on )?$/.test(gap)
  return one.mentioned.kind === 'date' && other.mentioned.kind === 'weekday' && /^,? ?\(?$/.test(gap)
}

function join(one: DateMention, other: DateMention): DateMention {
  const [date, weekday] = one.mentioned.kind === 'date' ? [one, other] : [other, one]
  if (date.mentioned.kind !== 'date' || weekday.mentioned.kind !== 'weekday') return one
  const mentioned = { ...date.mentioned, weekday: weekday.mentioned.weekday }
  return { ...date, start: one.start, end: other.end, mentioned }
}
