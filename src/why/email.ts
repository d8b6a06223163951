import { causesOfEmail, saidBy, turnOf } from './causes.ts'
import type { Cause, EmailFacts, EmailRow, Explanation } from './facts.ts'
import { withNote, wordsFor } from './words.ts'

export function explainEmail(facts: EmailFacts): Explanation {
  const { email, campaign, lane } = facts
  const step = campaign?.step ? `, step ${campaign.step}` : ''
  const where = campaign ? ` of "${campaign.name}"${step}` : ''
  return {
    type: 'email',
    id: email.id,
    name: `to ${email.to} from ${lane.mailbox.address}${where}`,
    state: email.status,
    ...byStatus[email.status](facts),
  }
}

type Told = Pick<Explanation, 'answer' | 'causes' | 'details'>

const byStatus: Record<EmailRow['status'], (facts: EmailFacts) => Told> = {
  scheduled: waits,
  held: waitsHeld,
  submitting: isSubmitting,
  sent: wasSent,
  failed: hasFailed,
  skipped: wasSkipped,
  unknown: isUnknown,
}

function waits(facts: EmailFacts): Told {
  const found = causesOfEmail(facts)
  const causes = found.length > 0 ? found : [turnOf(facts.lane)]
  return {
    answer: answerOf('It waits', causes),
    causes,
    details: [...lastAttempt(facts.email), ...proofOf(facts)],
  }
}

function waitsHeld(facts: EmailFacts): Told {
  const causes = causesOfEmail(facts)
  if (causes[0]?.code === 'campaign_paused' || causes[0]?.words.endsWith('skipped'))
    return { answer: answerOf('It is held', causes), causes, details: proofOf(facts) }
  const released = { code: 'released', words: 'its campaign goes on: the scheduler is about to put it back' }
  return { answer: answerOf('It is held', [released]), causes: [released, ...causes], details: [] }
}

function isSubmitting({ email, lane }: EmailFacts): Told {
  const since = email.claimedAt ? ` since ${at(email.claimedAt)}` : ''
  if (email.leaseUntil && email.leaseUntil <= lane.now) {
    const words = `${wordsFor('lease_lapsed')}: the scheduler is about to note it as unknown`
    const cause = { code: 'lease_lapsed', words }
    return { answer: answerOf('It waits', [cause]), causes: [cause], details: [] }
  }
  const words = `it is with the server, in attempt ${email.attempt}${since}; without an answer it becomes unknown when its lease ends`
  const cause: Cause = { code: 'submitting', words, until: email.leaseUntil ?? undefined }
  return { answer: answerOf('It is on its way', [cause]), causes: [cause], details: [] }
}

function wasSent({ email }: EmailFacts): Told {
  const said = saidBy(email)
  const answer = `It was sent${email.sentAt ? ` on ${at(email.sentAt)}` : ''}${said ? `: the server said "${said}"` : ''}.`
  const details = [
    email.bouncedAt && `It bounced on ${at(email.bouncedAt)}: ${wordsFor(email.bounceReason ?? 'bounced')}.`,
    email.complainedAt && `The recipient complained on ${at(email.complainedAt)}.`,
    email.repliedAt && `The recipient replied on ${at(email.repliedAt)}.`,
    email.duplicateSuspected &&
      'Two attempts of it may have been sent: a late acceptance of an earlier one came in.',
  ]
  return { answer, causes: [], details: details.filter((line) => typeof line === 'string') }
}

function hasFailed({ email }: EmailFacts): Told {
  const said = saidBy(email)
  const answer = `It failed on ${at(email.updatedAt)}: ${withNote(email.code ?? 'message_rejected', said ?? email.reason)}.`
  const details = said ? [`The server said: ${said}`] : []
  return {
    answer,
    causes: [],
    details: [...details, 'Once its cause is mended, rookery emails retry-failed lets it go out again.'],
  }
}

function wasSkipped(facts: EmailFacts): Told {
  const { email } = facts
  const answer = `It was skipped on ${at(email.updatedAt)}: ${withNote(email.code ?? 'enrolment_ended', email.reason)}.`
  return { answer, causes: [], details: proofOf(facts) }
}

function isUnknown({ email, lane }: EmailFacts): Told {
  const doubt = withNote(email.code ?? 'lease_lapsed', email.reason)
  const never = 'It is not sent again by itself: the server may have it.'
  if (email.parkedCode) {
    const words = withNote(email.parkedCode, email.parkedReason)
    const cause = { code: email.parkedCode, words: `${words}; decide: rookery emails resolve`, until: null }
    return {
      answer: `Nobody knows whether it was sent: ${doubt}. It waits for you: ${words}.`,
      causes: [cause],
      details: [never],
    }
  }
  const looks = email.looks > 0 ? ` (after ${email.looks} looks)` : ''
  const cause: Cause = email.nextLookAt
    ? { code: 'look', words: `it is looked for in its mailbox${looks}`, until: email.nextLookAt }
    : { code: 'look', words: 'the scheduler is about to plan when it is looked for in its mailbox' }
  const late =
    email.nextLookAt && email.nextLookAt <= lane.now
      ? ' That time has come: the next sync of its mailbox looks.'
      : ''
  return {
    answer: `${answerOf(`Nobody knows whether it was sent: ${doubt}. Now`, [cause])}${late}`,
    causes: [cause],
    details: [never],
  }
}

const lastAttempt = (email: EmailRow): string[] => {
  const said = saidBy(email)
  if (email.attempt === 0) return []
  return [
    `Attempt ${email.attempt} was not sent${email.code ? `: ${withNote(email.code, said ?? email.reason)}` : ''}.`,
  ]
}

function proofOf({ suppression }: EmailFacts): string[] {
  if (!suppression) return []
  const { value, reason, source, since, until, evidence } = suppression
  const ends = until ? `until ${at(until)}` : 'for ever'
  return [
    `${value} is suppressed since ${at(since)}, ${ends}: ${reason}, by ${source}${evidence ? `; ${evidence}` : ''}.`,
  ]
}

/** The first cause, with until when. */
export function answerOf(beginning: string, causes: readonly Cause[]): string {
  const [first] = causes
  if (!first) return `${beginning}.`
  return `${beginning}${untilWords(first)}: ${first.words}.`
}

export function untilWords({ until }: Cause): string {
  if (until === undefined) return ''
  return until === null ? ' until somebody acts' : ` until ${at(until)}`
}

/** To the second, UTC. */
export const at = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')}Z`
