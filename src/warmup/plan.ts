import { seededFraction, seededHash } from '../core/seeded.ts'

/** A mailbox that takes part. */
export interface Member {
  tenantId: string
  mailboxId: string
  address: string
  domain: string
  provider: string
  /** Its tenant's: with whom it may be paired. */
  pool: 'shared' | 'closed'
  language: string
}

export interface Sender extends Member {
  /** New conversations to begin on this day. */
  wanted: number
}

export interface Pairing {
  sender: Sender
  receiver: Member
}

export interface DayPlan {
  pairings: Pairing[]
  /** Why a sender got fewer than it wanted, by mailbox. */
  notes: Map<string, string>
}

export interface PlanFacts {
  pool: readonly Member[]
  /** `pairKey`s of those who wrote to each other in the last days, in either direction. */
  recent: ReadonlySet<string>
  /** Days in which a pair meets once. */
  restDays: number
  /** New conversations that each mailbox gets on this day already. */
  received: ReadonlyMap<string, number>
  /** Mailboxes that a tenant may not write to, by tenant. */
  suppressed: ReadonlyMap<string, ReadonlySet<string>>
  seed: number
}

/** Of two addresses: the same whichever of them writes. */
export const pairKey = (one: string, other: string): string =>
  one < other ? `${one} ${other}` : `${other} ${one}`

/**
 * Who writes to whom on a day. Never within a domain, nor to somebody met in the last days; in the shared pool never within
 * the tenant, in a closed pool only there. Those who have got least come first, then providers that the sender has met least.
 */
export function planDay(senders: readonly Sender[], facts: PlanFacts): DayPlan {
  const met = new Set(facts.recent)
  const received = new Map(facts.received)
  const providers = new Map(senders.map(({ mailboxId }) => [mailboxId, new Map<string, number>()]))
  const pairings: Pairing[] = []
  const open = new Map(senders.map((sender) => [sender.mailboxId, sender.wanted]))
  // One each in turn, so that the first does not take all that the last may write to.
  for (let round = 0; open.size > 0; round += 1) {
    const order = [...senders]
      .filter(({ mailboxId }) => (open.get(mailboxId) ?? 0) > round)
      .map((sender) => ({ sender, at: seededFraction(facts.seed, 'turn', round, sender.mailboxId) }))
      .sort((a, b) => a.at - b.at)
    if (order.length === 0) break
    for (const { sender } of order) {
      const ownProviders = providers.get(sender.mailboxId) ?? new Map<string, number>()
      const receiver = choose(sender, facts, met, received, ownProviders, round)
      if (!receiver) {
        open.delete(sender.mailboxId)
        continue
      }
      pairings.push({ sender, receiver })
      met.add(pairKey(sender.address, receiver.address))
      add(received, receiver.mailboxId)
      add(ownProviders, receiver.provider)
    }
  }
  return { pairings, notes: notesOf(senders, pairings, facts) }
}

function choose(
  sender: Sender,
  { pool, seed, suppressed }: PlanFacts,
  met: ReadonlySet<string>,
  received: ReadonlyMap<string, number>,
  providers: ReadonlyMap<string, number>,
  round: number,
): Member | undefined {
  const turn = seededHash(seed, 'choice', round, sender.mailboxId)
  let best: { member: Member; score: number } | undefined
  // For each email over the whole pool: what is cheap to know comes first.
  for (const [place, member] of pool.entries()) {
    const rank = 1000 * (received.get(member.mailboxId) ?? 0) + 10 * (providers.get(member.provider) ?? 0)
    if (best && rank >= best.score) continue
    const score = rank + seededFraction(turn, place)
    if (best && score >= best.score) continue
    if (!mayMeet(sender, member) || met.has(pairKey(sender.address, member.address))) continue
    if (suppressed.get(sender.tenantId)?.has(member.mailboxId)) continue
    best = { member, score }
  }
  return best?.member
}

/** Whether the two may ever write to each other. */
function mayMeet(one: Member, other: Member): boolean {
  if (one.mailboxId === other.mailboxId || one.domain === other.domain || one.pool !== other.pool)
    return false
  const sameTenant = one.tenantId === other.tenantId
  return one.pool === 'closed' ? sameTenant : !sameTenant
}

function notesOf(
  senders: readonly Sender[],
  pairings: readonly Pairing[],
  facts: PlanFacts,
): Map<string, string> {
  const planned = new Map<string, number>()
  for (const { sender } of pairings) add(planned, sender.mailboxId)
  return new Map(
    senders.flatMap((sender): [string, string][] => {
      const got = planned.get(sender.mailboxId) ?? 0
      return got < sender.wanted ? [[sender.mailboxId, noteOf(sender, got, facts)]] : []
    }),
  )
}

function noteOf(sender: Sender, got: number, { pool, restDays, suppressed }: PlanFacts): string {
  const others = pool.filter((member) => member.mailboxId !== sender.mailboxId && member.pool === sender.pool)
  const met = others.filter((member) => mayMeet(sender, member))
  const isSuppressed = ({ mailboxId }: Member) => suppressed.get(sender.tenantId)?.has(mailboxId) ?? false
  const barred = met.filter(isSuppressed).length
  const partners = met.length - barred
  const whose = sender.pool === 'closed' ? "its tenant's own pool" : 'the shared pool'
  if (partners === 0 && barred === 0) {
    const why =
      sender.pool === 'closed' ? 'none of another domain' : 'none of another tenant and another domain'
    return others.length === 0
      ? `it is alone in ${whose}: nobody to write to`
      : `${whose} has ${others.length} other mailboxes, but ${why}`
  }
  const days = restDays === 1 ? 'a day' : `${restDays} days`
  const without = barred > 0 ? ` without ${barred} suppressed for its tenant` : ''
  return `${got} of ${sender.wanted}: ${whose} has ${partners} partners for it${without}, and a pair meets once in ${days}`
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const workdayStartMinute = 8 * 60
const workdayMinutes = 10.5 * 60

/**
 * Minutes after midnight, with seconds as a fraction, at which `count` emails leave on a day: within a working day, never
 * before `notBefore`, never on a round minute. Fewer than `count` when the rest of the day is too short.
 */
export function timesOfDay(count: number, seed: number, key: string, notBefore: number): number[] {
  const from = Math.max(workdayStartMinute, notBefore)
  const length = workdayStartMinute + workdayMinutes - from
  // A person does not write more often than every three minutes.
  const possible = Math.min(count, Math.floor(length / 3))
  const times: number[] = []
  let last = 0
  for (let n = 0; n < possible; n += 1) {
    const place = n + 0.1 + 0.8 * seededFraction(seed, 'time', key, n)
    const minute = Math.max(last + 1, Math.floor(from + (length / possible) * place))
    last = minute % 5 === 0 ? minute + 1 : minute
    times.push(last + Math.floor(7 + 46 * seededFraction(seed, 'second', key, n)) / 60)
  }
  return times
}
