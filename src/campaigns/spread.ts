import { addCivil, type CivilSpan, civilDate, startOfDayAfter, wallTime } from '../core/civil-time.ts'
import { AppError } from '../core/errors.ts'
import { seededFraction } from '../core/seeded.ts'
import type { CampaignDays } from './campaign-days.ts'
import { leadZone } from './lead-zone.ts'
import { nextOpen, type SendingWindow } from './window.ts'

/** Where the planner stands with one mailbox; null before its first slot. Stored after each batch. */
export interface SlotState {
  nextSlotAt: Date | null
  /** The day (YYYY-MM-DD, in the mailbox's zone) that `plannedCount` counts. */
  plannedOn: string | null
  plannedCount: number
}

export interface RotationMailbox {
  id: string
  zone: string
  dailyLimit: number
  minGapSeconds: number
  /** The gap grows by up to this share of itself, so that slots keep no beat. */
  gapJitter: number
  state: SlotState
}

export interface LeadToPlan {
  id: string
  /** As the lead's row has it; the campaign's zone stands in for none, or for one that does not exist. */
  zone: string | null
}

export interface PlannedSend {
  leadId: string
  mailboxId: string
  /** When the mailbox has room for it; counts towards that day's limit. */
  slotAt: Date
  /** The slot, or the next opening in the lead's zone. */
  dueAt: Date
}

export interface SpreadInput {
  leads: readonly LeadToPlan[]
  /** In the order of the rotation, which must not change between batches. */
  mailboxes: readonly RotationMailbox[]
  window: SendingWindow
  /** The campaign's. */
  zone: string
  now: Date
  seed: number
  /** What the campaign's own limits leave; what is planned is taken from it. */
  days?: CampaignDays | undefined
}

interface Turn {
  mailbox: RotationMailbox
  /** The earliest moment of the next slot, whether the window is open then or not. */
  readyMs: number
  plannedOn: string
  plannedCount: number
  /** The next slot for a lead in the campaign's zone: its moment, its day there, sends planned on its day. */
  homeMs: number
  homeDay: string
  homeCount: number
}

/**
 * Gives each lead the mailbox whose turn it is and a time; plans the same whether it is given leads at once or in batches.
 * Throws when there is no mailbox, or the window does not open within a year.
 */
export function spread(input: SpreadInput): { sends: PlannedSend[]; states: Map<string, SlotState> } {
  const turns = input.mailboxes.map((mailbox) => prepare(turnOf(mailbox, input.now), input))
  const sends = input.leads.map((lead) => {
    const send = place(lead, nextTurn(turns, input), input)
    takeDay(send, turns, input)
    return send
  })
  return { sends, states: new Map(turns.map((turn) => [turn.mailbox.id, stateOf(turn)])) }
}

/** The civil delay after the previous email was really sent, then the next opening in the lead's zone. */
export function followUpDueAt(input: {
  anchor: Date
  delay: CivilSpan
  zone: string
  window: SendingWindow
  /** The lead is away until then. */
  notBefore?: Date | null
}): Date {
  const dueMs = addCivil(input.anchor, input.delay, input.zone).getTime()
  const earliest = new Date(Math.max(dueMs, input.notBefore?.getTime() ?? 0))
  return openAfter(input.window, input.zone, earliest)
}

/** When a lead who is back on `day` (YYYY-MM-DD) may be written to again; its midnight if the window never opens. */
export function openOnDay(day: string, zone: string, window: SendingWindow): Date {
  const midnight = wallTime(day, 0, zone)
  return nextOpen(window, zone, midnight) ?? midnight
}

function turnOf(mailbox: RotationMailbox, now: Date): Turn {
  const { nextSlotAt, plannedOn, plannedCount } = mailbox.state
  const readyMs = Math.max(now.getTime(), nextSlotAt?.getTime() ?? 0)
  return {
    mailbox,
    readyMs,
    plannedOn: plannedOn ?? '',
    plannedCount,
    homeMs: readyMs,
    homeDay: '',
    homeCount: 0,
  }
}

/** Moves a mailbox whose day is full to its next day, and looks where that falls in the campaign's window. */
function prepare(turn: Turn, input: SpreadInput): Turn {
  const { zone } = input
  const { mailbox, plannedOn, plannedCount } = turn
  if (plannedOn && plannedCount >= mailbox.dailyLimit) {
    turn.readyMs = Math.max(turn.readyMs, startOfDayAfter(plannedOn, mailbox.zone).getTime())
  }
  const home = openWithRoom(input, zone, new Date(turn.readyMs))
  turn.homeMs = home.getTime()
  turn.homeDay = civilDate(home, zone)
  turn.homeCount = civilDate(home, mailbox.zone) > plannedOn ? 0 : plannedCount
  return turn
}

/**
 * Earliest day first, then the fewest on that day, then the order: from equal states that is round-robin. Where a campaign's
 * limits end its days early, the order is another one each day, or the first mailboxes would get nearly all.
 */
function nextTurn(turns: readonly Turn[], { days, seed }: SpreadInput): Turn {
  const [first, ...others] = turns
  if (!first) throw new AppError('invalid_input', 'the campaign has no mailbox to send from; add one')
  const rank = ({ mailbox, homeDay }: Turn) => (days ? seededFraction(seed, mailbox.id, homeDay) : 0)
  return others.reduce((best, turn) => (isBefore(turn, best, rank) ? turn : best), first)
}

function isBefore(turn: Turn, other: Turn, rank: (turn: Turn) => number): boolean {
  if (turn.homeDay !== other.homeDay) return turn.homeDay < other.homeDay
  if (turn.homeCount !== other.homeCount) return turn.homeCount < other.homeCount
  return rank(turn) < rank(other)
}

function place(lead: LeadToPlan, turn: Turn, input: SpreadInput): PlannedSend {
  const { zone, seed } = input
  const { mailbox, readyMs } = turn
  const ownZone = leadZone(lead.zone, zone)
  const opensMs = openWithRoom(input, ownZone, new Date(readyMs)).getTime()
  // A day that the mailbox has left is not gone back to: only its last day is counted.
  const hasLeft = civilDate(opensMs, mailbox.zone) < turn.plannedOn
  const slotMs = hasLeft ? turn.homeMs : Math.min(opensMs, turn.homeMs)
  const dueAt = slotMs === opensMs ? new Date(opensMs) : openWithRoom(input, ownZone, new Date(slotMs))
  take(turn, slotMs, gapMs(mailbox, seed, lead.id))
  prepare(turn, input)
  return { leadId: lead.id, mailboxId: mailbox.id, slotAt: new Date(slotMs), dueAt }
}

/** Of a day that is full now, every mailbox moves on. */
function takeDay({ dueAt }: PlannedSend, turns: readonly Turn[], input: SpreadInput): void {
  if (!input.days) return
  const day = civilDate(dueAt, input.zone)
  input.days.take(day)
  for (const turn of turns) if (input.days.next(turn.homeDay) !== turn.homeDay) prepare(turn, input)
}

function take(turn: Turn, slotMs: number, gap: number): void {
  const day = civilDate(slotMs, turn.mailbox.zone)
  const isNewDay = day > turn.plannedOn
  turn.plannedOn = isNewDay ? day : turn.plannedOn
  turn.plannedCount = isNewDay ? 1 : turn.plannedCount + 1
  if (gap > 0) turn.readyMs = slotMs + gap
}

function gapMs({ id, minGapSeconds, gapJitter }: RotationMailbox, seed: number, leadId: string): number {
  if (minGapSeconds <= 0) return 0
  return Math.ceil(minGapSeconds * 1000 * (1 + gapJitter * seededFraction(seed, id, leadId)))
}

function stateOf({ readyMs, plannedOn, plannedCount }: Turn): SlotState {
  return { nextSlotAt: new Date(readyMs), plannedOn: plannedOn || null, plannedCount }
}

/** The next opening on a day on which the campaign's limits leave room. */
function openWithRoom(
  { window, zone, days }: Pick<SpreadInput, 'window' | 'zone' | 'days'>,
  ownZone: string,
  at: Date,
): Date {
  const opens = openAfter(window, ownZone, at)
  if (!days) return opens
  const day = civilDate(opens, zone)
  const free = days.next(day)
  return free === day ? opens : openWithRoom({ window, zone, days }, ownZone, wallTime(free, 0, zone))
}

function openAfter(window: SendingWindow, zone: string, at: Date): Date {
  const opens = nextOpen(window, zone, at)
  if (opens) return opens
  throw new AppError(
    'invalid_input',
    `the sending window does not open within a year of ${at.toISOString()} in ${zone}; change its days or holidays`,
  )
}
