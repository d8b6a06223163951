import { domainOf } from '../core/email-address.ts'
import type { Consequence, Counter } from './consequence.ts'
import type { MatchedBy } from './match.ts'
import type { RecipientVerdict } from './verdict.ts'

/** One of our emails as it stands, locked. */
export interface LockedEmail {
  tenantId: string
  id: string
  kind: 'campaign' | 'transactional' | 'warmup'
  status: string
  mailboxId: string
  to: string
  campaignId: string | null
  stepId: string | null
  /** Of the step; null: it has none. */
  variant: number | null
  leadId: string | null
  attempt: number
  sentOn: string | null
  bouncedAt: Date | null
  bounceType: string | null
  bounceReason: string | null
  complainedAt: Date | null
  unsubscribedAt: Date | null
}

/** What one report says about one of our emails, for the first time. */
export interface BounceFact {
  reportId: string
  email: LockedEmail
  recipient: RecipientVerdict
  consequence: Consequence
  matchedBy: MatchedBy
  at: Date
}

export interface LedgerEvent {
  email: LockedEmail
  type: 'bounced' | 'complained' | 'unsubscribed'
  at: Date
  data: Record<string, unknown>
}

export interface CounterStep {
  tenantId: string
  subjectType: 'mailbox' | 'recipient_domain'
  subject: string
  /** UTC. */
  day: string
  counter: Counter
}

export interface LedgerChanges {
  emails: LockedEmail[]
  events: LedgerEvent[]
  counters: CounterStep[]
}

/**
 * What the facts change. An email bounces once and is complained about once, however many reports say so: the first
 * counts. A later, surer report only turns a soft bounce into a hard one.
 */
export function ledgerChanges(facts: readonly BounceFact[]): LedgerChanges {
  const states = new Map<string, LockedEmail>()
  const changes: LedgerChanges = { emails: [], events: [], counters: [] }
  for (const fact of facts) {
    const state = states.get(fact.email.id) ?? fact.email
    const { event, counter } = fact.consequence
    const next = nextState(state, fact)
    if (next !== state) states.set(state.id, next)
    if (!event || !isNew(state, fact)) continue
    changes.events.push({ email: next, type: event, at: fact.at, data: eventData(fact) })
    if (counter) changes.counters.push(...counterSteps({ ...fact.email, at: fact.at }, counter))
  }
  return { ...changes, emails: [...states.values()] }
}

function isNew(state: LockedEmail, { consequence: { event } }: BounceFact): boolean {
  if (event === 'bounced') return state.bouncedAt === null && state.status === 'sent'
  if (event === 'complained') return state.complainedAt === null
  return state.unsubscribedAt === null
}

function nextState(state: LockedEmail, fact: BounceFact): LockedEmail {
  const { event, bounceType } = fact.consequence
  if (event === 'complained') return { ...state, complainedAt: state.complainedAt ?? fact.at }
  if (event === 'unsubscribed') return { ...state, unsubscribedAt: state.unsubscribedAt ?? fact.at }
  if (event !== 'bounced' || state.status !== 'sent') return state
  if (state.bouncedAt !== null && (state.bounceType === 'hard' || bounceType !== 'hard')) return state
  return {
    ...state,
    bouncedAt: state.bouncedAt ?? fact.at,
    bounceType,
    bounceReason: fact.recipient.reason,
  }
}

function eventData({ recipient, consequence, reportId }: BounceFact): Record<string, unknown> {
  const { reason, status, smtpCode, feedbackType } = recipient
  return {
    reportId,
    reason,
    ...(consequence.event === 'bounced' ? { bounceType: consequence.bounceType } : {}),
    ...(status === null ? {} : { status }),
    ...(smtpCode === null ? {} : { smtpCode }),
    ...(feedbackType === undefined ? {} : { feedbackType }),
  }
}

interface Counted {
  tenantId: string
  mailboxId: string
  to: string
  at: Date
}

/** One for the mailbox, one for the recipient's domain. */
export function counterSteps({ tenantId, mailboxId, to, at }: Counted, counter: Counter): CounterStep[] {
  const common = { tenantId, day: at.toISOString().slice(0, 10), counter }
  return [
    { ...common, subjectType: 'mailbox', subject: mailboxId },
    { ...common, subjectType: 'recipient_domain', subject: domainOf(to) },
  ]
}
