import { addCivil, type CivilSpan, civilDate, wallTime } from '../core/civil-time.ts'
import { nextOpen, type SendingWindow } from './window.ts'

/** The room that a campaign's own limits leave for first emails, day by day (YYYY-MM-DD in its zone). */
export interface CampaignDays {
  /** The first day from this one on that has room. */
  next(day: string): string
  take(day: string): void
}

export interface CampaignDaysInput {
  /** Emails a day; follow-ups count, and go first. */
  dailyLimit: number | null
  newLeadsPerDay: number | null
  /** Of the steps after the first. */
  delays: readonly CivilSpan[]
  window: SendingWindow
  zone: string
  /** First emails planned already. */
  planned: ReadonlyMap<string, number>
}

/**
 * Keeps the days of one campaign; undefined if it has no limit of its own. Each first email takes room for its follow-ups
 * too, as if nobody answered, on the first open day with room from when they fall due. The order of `take` does not matter.
 */
export function campaignDays(input: CampaignDaysInput): CampaignDays | undefined {
  const { dailyLimit, newLeadsPerDay, planned } = input
  if (dailyLimit === null && newLeadsPerDay === null) return undefined
  const firsts = new Map<number, number>()
  const all = new Map<number, number>()
  const isFull = (day: number) => (all.get(day) ?? 0) >= (dailyLimit ?? Number.POSITIVE_INFINITY)
  const hasNoNew = (day: number) => (firsts.get(day) ?? 0) >= (newLeadsPerDay ?? Number.POSITIVE_INFINITY)
  const nextForFirst = finder((day) => isFull(day) || hasNoNew(day))
  const nextForFollowUp = finder((day) => isFull(day) || isClosed(input, day))
  const followUpsOf = followUpDays(input)

  function takeFirst(day: string): void {
    add(firsts, dayNumber(day))
    add(all, dayNumber(day))
  }
  function takeFollowUps(day: string): void {
    if (dailyLimit === null) return
    for (const due of followUpsOf(day)) add(all, nextForFollowUp(dayNumber(due)))
  }

  // Where first emails are is known; follow-ups give way to them, whichever were planned sooner.
  const known = [...planned].flatMap(([day, count]) => new Array<string>(count).fill(day))
  for (const day of known) takeFirst(day)
  for (const day of known) takeFollowUps(day)
  return {
    next: (day) => dateOf(nextForFirst(dayNumber(day))),
    take(day) {
      takeFirst(day)
      takeFollowUps(day)
    },
  }
}

const add = (counts: Map<number, number>, day: number) => counts.set(day, (counts.get(day) ?? 0) + 1)

const dayMs = 86_400_000
const dayNumber = (date: string): number => Date.parse(date) / dayMs
const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)

/** The first day that is not over; a day that is over stays so, and is passed in one step the next time. */
function finder(isOver: (day: number) => boolean): (day: number) => number {
  const beyond = new Map<number, number>()
  return (day) => {
    const passed: number[] = []
    let at = day
    for (; isOver(at); at = beyond.get(at) ?? at + 1) passed.push(at)
    for (const over of passed) beyond.set(over, at)
    return at
  }
}

function isClosed({ window, zone }: CampaignDaysInput, day: number): boolean {
  const opens = nextOpen(window, zone, wallTime(dateOf(day), 0, zone))
  return opens !== undefined && civilDate(opens, zone) !== dateOf(day)
}

function followUpDays({ delays, window, zone }: CampaignDaysInput): (day: string) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  const reckon = (day: string): string[] => {
    const days: string[] = []
    let anchor = nextOpen(window, zone, wallTime(day, 0, zone))
    for (const delay of delays) {
      anchor = anchor && nextOpen(window, zone, addCivil(anchor, delay, zone))
      if (anchor) days.push(civilDate(anchor, zone))
    }
    return days
  }
  return (day) => {
    const days = known.get(day) ?? reckon(day)
    known.set(day, days)
    return days
  }
}
