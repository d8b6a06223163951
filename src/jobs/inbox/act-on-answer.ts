import { campaignConfiguration, windowOf } from '../../campaigns/configuration.ts'
import {
  type EnrolmentRef,
  listEnrolmentsAtDomain,
  listEnrolmentsOfLead,
  setEnrolmentsHeld,
  setEnrolmentsStopped,
} from '../../campaigns/enrolment-store.ts'
import { leadZone } from '../../campaigns/lead-zone.ts'
import { openOnDay } from '../../campaigns/spread.ts'
import type { Trx } from '../../db/connect.ts'
import { type AnswerPolicy, type Consequence, decideConsequence } from '../../inbox/consequence.ts'
import type { MatchedEmail } from '../../inbox/match-store.ts'
import { companyDomain } from '../../inbox/senders.ts'
import type { Triage } from '../../inbox/triage.ts'
import { recordAnswer } from '../../sending/answer-store.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { promoteToSent } from '../../sending/proof-store.ts'
import { listUnsent, lockSequenceEmails, setNotBefore } from '../../sending/sequence-store.ts'
import { skipEmails } from '../../sending/skip-store.ts'
import { suppress } from '../suppress.ts'

export interface Answer {
  /** Of email_messages. */
  messageId: string
  /** Names the message, wherever and whenever it is read again. */
  identity: string
  at: Date
  triage: Triage
  email: MatchedEmail
}

interface Stop {
  enrolments: EnrolmentRef[]
  code: string
  reason: string
}

type Hold = EnrolmentRef & { until: Date }

/**
 * Does what follows from an answer to one of our emails, in the transaction that stores it. Locks in the one order:
 * emails, then enrolments. What the planner adds while we wait for an enrolment is seen after that lock.
 */
export async function actOnAnswer(trx: Trx, answer: Answer): Promise<void> {
  const { email, triage } = answer
  const consequence = decideConsequence(triage, policyOf(email))
  const stops = await findStops(trx, email, consequence)
  const holds = await findHolds(trx, email, consequence)
  const sequences = [...stops.flatMap((stop) => stop.enrolments), ...holds]
  await lockSequenceEmails(trx, email, sequences)
  // A reply to whatever we last sent proves nothing about the one email that it may not mean.
  if (email.matchedBy !== 'recency') await promoteToSent(trx, [email])
  if (consequence.event) await recordAnswer(trx, email, eventOf(consequence.event, answer))
  for (const stop of stops) await stopSequences(trx, stop)
  await holdSequences(trx, holds)
  if (consequence.suppress) await unsubscribe(trx, answer)
}

function policyOf({ configuration }: MatchedEmail): AnswerPolicy {
  const parsed = campaignConfiguration.safeParse(configuration)
  return parsed.success ? parsed.data : { stopOnReply: true, stopOnAutoReply: false, stopForCompany: false }
}

async function findStops(trx: Trx, email: MatchedEmail, { stop, stopCompany }: Consequence): Promise<Stop[]> {
  const { tenantId, leadId, campaignId } = email
  if (!stop || !leadId) return []
  const ofLead = await listEnrolmentsOfLead(trx, { tenantId, leadId })
  const own = stop.scope === 'lead' ? ofLead : ofLead.filter((one) => one.campaignId === campaignId)
  const company = stopCompany && campaignId ? companyDomain(email.to) : undefined
  if (!company || !campaignId) return [{ ...stop, enrolments: own }]
  const atCompany = await listEnrolmentsAtDomain(trx, { tenantId, campaignId }, company)
  const colleagues = atCompany.filter((one) => one.leadId !== leadId)
  return [
    { ...stop, enrolments: own },
    { code: 'company_replied', reason: `another lead at ${company} replied`, enrolments: colleagues },
  ]
}

/** The person is away, whichever campaign writes. */
async function findHolds(trx: Trx, email: MatchedEmail, { holdUntil }: Consequence): Promise<Hold[]> {
  const { tenantId, leadId } = email
  if (!holdUntil || !leadId) return []
  const enrolments = await listEnrolmentsOfLead(trx, { tenantId, leadId })
  return enrolments.flatMap(({ configuration, campaignZone, leadZone: zone, ...enrolment }) => {
    const parsed = campaignConfiguration.safeParse(configuration)
    if (!parsed.success) return []
    const until = openOnDay(holdUntil, leadZone(zone, campaignZone), windowOf(parsed.data))
    return [{ ...enrolment, until }]
  })
}

function eventOf(type: NonNullable<Consequence['event']>, { at, messageId, identity, triage }: Answer) {
  const details = triage.class === 'auto_reply' ? { kind: triage.kind, returnsOn: triage.returnsOn } : {}
  return { type, at, identity, data: { messageId, ...details } }
}

async function stopSequences(trx: Trx, { enrolments, code, reason }: Stop): Promise<void> {
  await setEnrolmentsStopped(trx, enrolments, { code, reason })
  const unsent = await listUnsent(trx, enrolments)
  await skipEmails(
    trx,
    unsent.map((email) => ({ ...email, code, reason })),
  )
}

async function holdSequences(trx: Trx, holds: readonly Hold[]): Promise<void> {
  await setEnrolmentsHeld(trx, holds)
  await insertWakes(trx, await setNotBefore(trx, holds))
}

async function unsubscribe(trx: Trx, { email, messageId, triage }: Answer): Promise<void> {
  const how = triage.class === 'unsubscribe' ? triage.how : null
  const evidence = { messageId, emailId: email.id, how, says: triage.evidence }
  const suppression = {
    scope: 'address',
    value: email.to,
    reason: 'unsubscribe',
    source: 'unsubscribe',
  } as const
  await suppress(trx, email.tenantId, [{ ...suppression, evidence }])
}
