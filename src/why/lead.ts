import { pausedCause } from './causes.ts'
import { answerOf, at } from './email.ts'
import type { EnrolmentFacts, Explanation, SuppressionFacts } from './facts.ts'
import { withNote } from './words.ts'

/** A lead's place in one campaign, with what it was and will be sent, in the order of the steps. */
export interface SequenceFacts {
  campaignId: string
  campaign: string
  campaignStatus: 'draft' | 'active' | 'paused' | 'completed'
  campaignReason: string | null
  guardPaused: boolean
  enrolment: EnrolmentFacts
  emails: readonly Explanation[]
}

export interface LeadFacts {
  id: string
  address: string
  now: Date
  suppression: SuppressionFacts | null
  sequences: readonly SequenceFacts[]
}

export function explainLead({ id, address, now, suppression, sequences }: LeadFacts): Explanation {
  const parts = sequences.map((sequence) => explainSequence(sequence, now))
  const open = parts.find((part) => part.state === 'active')
  const causes = open?.causes ?? []
  return {
    type: 'lead',
    id,
    name: address,
    state: open ? 'active' : sequences.length > 0 ? 'ended' : 'idle',
    answer: answer(parts, open),
    causes,
    details: suppression ? [suppressed(address, suppression)] : [],
    parts,
  }
}

function answer(parts: readonly Explanation[], open: Explanation | undefined): string {
  if (open) return open.answer
  return parts[0]?.answer ?? 'No campaign has taken it up: see the audience of your campaigns.'
}

function suppressed(
  address: string,
  { value, reason, source, since, until, evidence }: SuppressionFacts,
): string {
  const what = value === address ? 'It' : `Its domain ${value}`
  const ends = until ? `until ${at(until)}` : 'for ever'
  return `${what} is suppressed since ${at(since)}, ${ends}: ${reason}, by ${source}${evidence ? `; ${evidence}` : ''}.`
}

function explainSequence(sequence: SequenceFacts, now: Date): Explanation {
  const { campaignId, campaign, enrolment, emails } = sequence
  const open = emails.find((email) => ['scheduled', 'held', 'submitting', 'unknown'].includes(email.state))
  return {
    type: 'campaign',
    id: campaignId,
    name: `in "${campaign}"`,
    state: enrolment.status,
    ...told(sequence, open, now),
    details: emails.map((email) => `${email.name.replace(/^.*, /, '')}: ${email.answer}`),
  }
}

function told(
  { campaign, campaignStatus, campaignReason, guardPaused, enrolment, emails }: SequenceFacts,
  open: Explanation | undefined,
  now: Date,
): Pick<Explanation, 'answer' | 'causes'> {
  const ended = enrolment.endedAt ? ` on ${at(enrolment.endedAt)}` : ''
  if (enrolment.status === 'finished')
    return { answer: `Its sequence in "${campaign}" was finished${ended}.`, causes: [] }
  if (enrolment.status === 'stopped') {
    const why = withNote(enrolment.stoppedCode ?? 'enrolment_ended', enrolment.stoppedReason)
    return { answer: `Its sequence in "${campaign}" was stopped${ended}: ${why}.`, causes: [] }
  }
  if (open) return { answer: open.answer, causes: open.causes }
  if (campaignStatus === 'paused') {
    const paused = { statusReason: campaignReason, guardPaused }
    const cause = pausedCause('campaign_paused', `the campaign "${campaign}"`, paused)
    return { answer: answerOf('Its next step waits', [cause]), causes: [cause] }
  }
  const until = enrolment.heldUntil && enrolment.heldUntil > now ? enrolment.heldUntil : undefined
  const words = until ? 'the lead is away' : 'the planner is about to plan its next step'
  const cause = { code: until ? 'away' : 'to_plan', words, until }
  return {
    answer: answerOf(emails.length > 0 ? 'Its next step waits' : 'Its first step waits', [cause]),
    causes: [cause],
  }
}
