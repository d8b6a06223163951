import { seededHash } from '../../src/core/seeded.ts'

/** Who sends: ids of a tenant's campaigns, each with its steps and mailboxes. */
export interface Rotation {
  tenantId: string
  campaignId: string
  stepIds: string[]
  mailboxIds: string[]
}

export interface SentEmail {
  id: string
  leadId: string
  rotation: Rotation
  stepId: string
  mailboxId: string
  dueAt: number
  status: 'sent' | 'failed'
  events: HistoryEvent[]
}

export interface HistoryEvent {
  type: string
  class: 'delivery' | 'engagement'
  at: number
  machine: boolean
}

export interface HistoryPlan {
  seed: number
  rotations: readonly Rotation[]
  /** First moment of the first day, UTC. */
  from: number
  days: number
  emailsPerDay: number
  /** Nothing happens after it. */
  until: number
}

const dayMs = 86_400_000
const hourMs = 3_600_000

/** Emails of one day, each with all that will ever happen to it; the same for the same plan. */
export function* emailsOfDay(plan: HistoryPlan, day: number): Generator<SentEmail> {
  const random = mulberry32(seededHash(plan.seed, day))
  const from = plan.from + day * dayMs
  const turns = turnsOfDay(plan)
  for (let index = 0; index < plan.emailsPerDay; index += 1) {
    // Rotations take turns, as they do in a fleet: the events of one lie far apart on disk.
    const rotation = pick(plan.rotations, index)
    const turn = day * turns + Math.floor(index / plan.rotations.length)
    const dueAt = from + Math.floor((index / plan.emailsPerDay) * dayMs)
    yield emailAt(plan, { rotation, turn, dueAt, random, number: day * plan.emailsPerDay + index })
  }
}

/** Of each rotation. */
const turnsOfDay = ({ emailsPerDay, rotations }: HistoryPlan): number =>
  Math.ceil(emailsPerDay / rotations.length)

interface Place {
  rotation: Rotation
  turn: number
  dueAt: number
  random: () => number
  number: number
}

function emailAt(plan: HistoryPlan, { rotation, turn, dueAt, random, number }: Place): SentEmail {
  const status = random() < 0.01 ? 'failed' : 'sent'
  const events = status === 'failed' ? [event('failed', dueAt)] : eventsOfSent(dueAt, random)
  // Every lead gets the first step, weeks later all of them the second, then the third.
  const leads = Math.ceil((turnsOfDay(plan) * plan.days) / rotation.stepIds.length)
  return {
    id: idOf(dueAt, plan.seed, number),
    leadId: idOf(plan.from, plan.seed, rotation.campaignId, turn % leads),
    rotation,
    stepId: pick(rotation.stepIds, Math.floor(turn / leads)),
    mailboxId: pick(rotation.mailboxIds, turn),
    dueAt,
    status,
    events: events.filter(({ at }) => at < plan.until),
  }
}

// Shares of what follows a sent email, and its usual delay.
function eventsOfSent(sentAt: number, random: () => number): HistoryEvent[] {
  const events = [event('sent', sentAt)]
  const later = (share: number, meanMs: number, type: string, machine = false) => {
    if (random() < share) events.push(event(type, sentAt + delay(random, meanMs), machine))
  }
  if (random() < 0.05) events.push(event('deferred', sentAt - 35 * 60_000))
  if (random() < 0.015) return [...events, event('bounced', sentAt + delay(random, hourMs))]
  later(0.35, hourMs / 6, 'opened', true)
  later(0.15, 2 * hourMs, 'opened', true)
  later(0.03, hourMs / 60, 'clicked', true)
  later(0.35, 12 * hourMs, 'opened')
  later(0.2, 48 * hourMs, 'opened')
  later(0.1, 90 * hourMs, 'opened')
  later(0.06, 16 * hourMs, 'clicked')
  later(0.03, 24 * hourMs, 'replied')
  later(0.02, hourMs / 2, 'auto_replied')
  later(0.004, 24 * hourMs, 'unsubscribed')
  later(0.0005, 24 * hourMs, 'complained')
  return events
}

/** What the shares above come to, for plans that name a number of events. */
export const eventsPerEmail = 2.31

const delivery = new Set(['sent', 'deferred', 'failed', 'bounced'])

const event = (type: string, at: number, machine = false): HistoryEvent => ({
  type,
  class: delivery.has(type) ? 'delivery' : 'engagement',
  at,
  machine,
})

// Exponential, at most two weeks.
const delay = (random: () => number, meanMs: number): number =>
  Math.min(14 * dayMs, Math.round(-Math.log(1 - random()) * meanMs))

function pick<T>(of: readonly T[], index: number): T {
  const one = of[index % of.length]
  if (one === undefined) throw new Error('an empty rotation')
  return one
}

/** Shaped like a UUIDv7, so that ids of one time lie together; the same for the same number. */
export function idOf(ms: number, ...keys: readonly (string | number)[]): string {
  const time = ms.toString(16).padStart(12, '0')
  const hex = (salt: string) =>
    seededHash(0, salt, ...keys)
      .toString(16)
      .padStart(8, '0')
  const tail = `${hex('a')}${hex('b')}${hex('c')}`
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(6, 18)}`
}

// Tommy Ettinger's mulberry32, public domain: quick, and even enough for a load.
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
