import type { DateMention } from './date-mentions.ts'
import {
  awayWord,
  backAfter,
  cuesBefore,
  fillers,
  notBackAfter,
  notBackUntil,
  rangeJoins,
  weekdays,
} from './date-words.ts'

/** `back`: the first day of being there; `until`: the last of absence; `away`: a day of it; `none`: about something else. */
export type Cue = 'back' | 'until' | 'away' | 'none'

export interface CuedDate {
  mention: DateMention
  cue: Cue
  /** The range's first day, where the mention ends one. */
  from: DateMention | undefined
}

const maxTailChars = 120

/** What the words around each date say of it. */
export function cueDates(text: string, mentions: readonly DateMention[]): CuedDate[] {
  const isStart = mentions.map((mention, index) => {
    const next = mentions[index + 1]
    return next !== undefined && isRange(text, mention, next)
  })
  return mentions.map((mention, index) => {
    const from = index > 0 && isStart[index - 1] ? mentions[index - 1] : undefined
    return { mention, from, cue: isStart[index] ? 'none' : cueOf(text, mentions, index, from) }
  })
}

function cueOf(
  text: string,
  mentions: readonly DateMention[],
  index: number,
  from: DateMention | undefined,
): Cue {
  const mention = mentions[index]
  if (!mention) return 'none'
  // Working hours: "Monday to Friday".
  if (from && mention.mentioned.kind === 'weekday') return 'none'
  const away = awayWord.test(sentenceAround(text, mention, from))
  if (from || mention.firstDay || endsBareRange(text, mention)) {
    if (away) return 'until'
    return from ? 'away' : 'none'
  }
  const tails = tailsBefore(text, mention.start)
  const before = cueBefore(tails)
  if (before === 'back' || before === 'until') return before
  if (isBackAfter(text, mention, mentions[index + 1])) return 'back'
  return before === 'start' || !away ? 'none' : 'away'
}

function isRange(text: string, one: DateMention, other: DateMention): boolean {
  const gap = text.slice(one.end, other.start)
  if (gap.length > 30) return false
  const words = gap.replace(/[\s,]+/g, ' ').trim()
  const bare = words.replace(/ (?:the|den|dem|le|el|il|o|dia|am|zum)$/, '')
  if (/^(?:and|und|et|y|e|en)$/.test(bare))
    return /\b(?:between|zwischen|entre|tra|fra|tussen)(?: \S{1,12}){0,2} ?$/.test(
      text.slice(Math.max(0, one.start - 40), one.start),
    )
  return rangeJoins.has(words) || rangeJoins.has(bare)
}

const bareRange =
  /(?:^|[^\d/:])(?:[0-3]?\d)(?:st|nd|rd|th|er|o|a|\.)? ?(?:-|–|—|to|through|thru|until|bis|bis zum|au|jusqu'au|al|ao?|ate|hasta|tot|tot en met|t\/m) ?(?:the |den |zum |il |el |dia )?$/

/** "3 to 7 December", "3.–7.12.": the first day has no month of its own. */
function endsBareRange(text: string, mention: DateMention): boolean {
  return (
    mention.mentioned.kind === 'date' &&
    bareRange.test(text.slice(Math.max(0, mention.start - 30), mention.start))
  )
}

/** The words before a date, then the same without each filler at their end. */
function tailsBefore(text: string, end: number): string[] {
  let tail = text.slice(Math.max(0, end - maxTailChars), end)
  tail = tail.slice(tail.lastIndexOf('\n') + 1)
  const tails: string[] = []
  for (let skipped = 0; skipped < 8; skipped += 1) {
    tail = tail.replace(/[\s,:("*–-]{1,6}$/, '').replace(/\b(incl|inkl|einschl)\.$/, '$1')
    tails.push(tail)
    const word = /(?:^|[\s,])([a-z'-]{1,14})$/.exec(tail)?.[1]
    if (!word || !(fillers.has(word) || weekdays.has(word))) break
    tail = tail.slice(0, tail.length - word.length)
  }
  return tails
}

function cueBefore(tails: readonly string[]): 'back' | 'until' | 'start' | undefined {
  for (const tail of tails) {
    if (notBackUntil.test(tail)) return 'back'
    if (cuesBefore.until.some((cue) => cue.test(tail))) return 'until'
    const back = cuesBefore.back.map((cue) => cue.exec(tail)).find((match) => match !== null)
    if (back) return isDenied(tail, back.index) ? 'start' : 'back'
  }
  return tails.some((tail) => cuesBefore.start.some((cue) => cue.test(tail))) ? 'start' : undefined
}

/** "Not reachable from Monday" is the first day of absence. */
function isDenied(tail: string, index: number): boolean {
  return /(?:\b(?:not|nicht|no|non|nao|niet|pas)|n't) (?:\S{1,12} ){0,1}$/.test(
    tail.slice(Math.max(0, index - 30), index),
  )
}

function isBackAfter(text: string, mention: DateMention, next: DateMention | undefined): boolean {
  const end = Math.min(mention.end + 80, next?.start ?? text.length)
  const rest = text.slice(mention.end, end)
  const clause = /^[\s,:)]{0,3}[^.,;!?\n]{0,80}/.exec(rest)?.[0] ?? ''
  // "Out today and back tomorrow": the word belongs to the date that it stands before.
  const reachesNext = next?.start === mention.end + clause.length
  if (reachesNext && cueBefore(tailsBefore(text, next.start)) !== undefined) return false
  return backAfter.test(clause) && !notBackAfter.test(clause)
}

function sentenceAround(text: string, mention: DateMention, from: DateMention | undefined): string {
  const start = from?.start ?? mention.start
  const before = text.slice(Math.max(0, start - 150), start)
  const after = text.slice(mention.end, mention.end + 80)
  const breakBefore = Math.max(before.lastIndexOf('\n'), lastSentenceEnd(before))
  const breakAfter = after.search(/[!?;\n]|\.\s/)
  return `${before.slice(breakBefore + 1)} ${breakAfter < 0 ? after : after.slice(0, breakAfter)}`
}

/** A full stop after a number is an ordinal. */
function lastSentenceEnd(text: string): number {
  let last = -1
  for (const match of text.matchAll(/(?<!\d)[.!?;]\s/g)) last = match.index
  return last
}
