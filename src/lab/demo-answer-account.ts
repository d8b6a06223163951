import { type AnswerKind, demoAnswers } from './demo-answers.ts'
import type { MadeAnswer } from './demo-mailboxes.ts'

/** A message that a mailbox received, and what was made of it. */
export interface ReceivedMessage {
  type: string
  status: string
  matchedBy: string | null
  processedAt: Date | null
  /** Of our email that it was matched to. */
  messageId: string | null
  recipient: string | null
  /** What an automatic reply is, and the day it names. */
  autoReply: string | null
  returnsOn: string | null
  /** Of the recorded fact, where it was a report. */
  bounceType: string | null
}

export interface FollowUp {
  recipient: string
  claimedAt: Date
}

export interface LeadEnding {
  email: string
  end: string
  code: string | null
  dueAt: Date | null
}

export interface AnswerRow {
  kind: AnswerKind
  format: string
  made: number
  found: number
  /** Their leads, by how they ended. */
  ends: Record<string, number>
}

/** What the recipients sent back, held against what was read, message by message. */
export interface AnswerComparison {
  made: number
  rows: AnswerRow[]
  /** Recipients whose answer was not found, or taken for something else. */
  missing: string[]
  /** Messages that were matched to nobody, or to somebody who sent no such thing. */
  surplus: number
  /** Leads that got their next email although their answer had been read: who; and before it was read: how many. */
  mailedAfter: string[]
  mailedBefore: number
  /** Leads that did not end as their answer asks. */
  wrongEnds: string[]
  agree: boolean
}

const expectedEnds: Record<AnswerKind, string> = {
  hard: 'stopped: bounced',
  soft: 'got every email',
  delayed: 'held for a day',
  complaint: 'stopped: complained',
  out_of_office: 'held until its date',
  auto_reply: 'got every email',
  unsubscribe: 'stopped: unsubscribed',
  reply: 'stopped: replied',
}

export function compareAnswers(
  made: readonly MadeAnswer[],
  received: readonly ReceivedMessage[],
  followUps: readonly FollowUp[],
  endings: readonly LeadEnding[],
): AnswerComparison {
  const readAt = new Map(
    made.flatMap((answer) => {
      const message = received.find((one) => isAnswer(one, answer))
      return message?.processedAt ? [[answer.recipient, message.processedAt] as const] : []
    }),
  )
  const endingOf = new Map(endings.map((ending) => [ending.email, ending]))
  const endOf = new Map(
    made.map((answer) => [answer.recipient, wordsOf(endingOf.get(answer.recipient), answer)]),
  )
  const holding = made.filter((answer) => expectedEnd(answer) !== 'got every email')
  const mailed = followUps.filter(({ recipient }) => holding.some((answer) => answer.recipient === recipient))
  const mailedWhen = (isThen: (readMs: number, mailedMs: number) => boolean) =>
    mailed
      .filter(({ recipient, claimedAt }) => {
        const read = readAt.get(recipient)
        return read !== undefined && isThen(read.getTime(), claimedAt.getTime())
      })
      .map(({ recipient }) => recipient)
  const before = new Set(mailedWhen((readMs, mailedMs) => mailedMs <= readMs))
  const figures = {
    missing: made.filter(({ recipient }) => !readAt.has(recipient)).map(({ recipient }) => recipient),
    surplus: received.filter((message) => !made.some((answer) => isAnswer(message, answer))).length,
    mailedAfter: mailedWhen((readMs, mailedMs) => mailedMs > readMs),
    wrongEnds: made
      .filter(
        (answer) => endOf.get(answer.recipient) !== expectedEnd(answer) && !before.has(answer.recipient),
      )
      .map(({ recipient }) => recipient),
  }
  const { missing, surplus, mailedAfter, wrongEnds } = figures
  const faults = missing.length + surplus + mailedAfter.length + wrongEnds.length
  const repeated = received.length !== made.length
  return {
    made: made.length,
    rows: rowsOf(made, readAt, endOf),
    ...figures,
    mailedBefore: before.size,
    agree: made.length > 0 && faults === 0 && !repeated,
  }
}

/** Recipients who must never be mailed again after what they sent. */
export function neverAgain(made: readonly MadeAnswer[]): string[] {
  const last: readonly AnswerKind[] = ['hard', 'complaint', 'unsubscribe']
  return made.filter(({ kind }) => last.includes(kind)).map(({ recipient }) => recipient)
}

function isAnswer(message: ReceivedMessage, answer: MadeAnswer): boolean {
  const sameEmail = message.messageId === answer.messageId || message.matchedBy === 'recency'
  const sameDay = message.returnsOn === (answer.returnsOn ?? null)
  return message.recipient === answer.recipient && sameEmail && sameDay && kindOf(message) === answer.kind
}

function kindOf({ type, status, autoReply, bounceType }: ReceivedMessage): string | null {
  if (status !== 'processed') return null
  if (type === 'report' || type === 'complaint') return bounceType
  return type === 'auto_reply' && autoReply === 'out_of_office' ? autoReply : type
}

const dayMs = 86_400_000

function expectedEnd({ kind, returnsOn }: MadeAnswer): string {
  return returnsOn === undefined ? expectedEnds[kind] : `held until ${returnsOn}`
}

function wordsOf(ending: LeadEnding | undefined, { returnsOn }: MadeAnswer): string {
  if (!ending) return 'no lead'
  const { end, code, dueAt } = ending
  if (end === 'finished') return 'got every email'
  if (end !== 'waiting' || code !== 'held') return `${end}: ${code}`
  if (returnsOn === undefined) return 'held for a day'
  // The day begins where the lead lives.
  const isThatDay = Math.abs((dueAt?.getTime() ?? 0) - Date.parse(returnsOn)) < dayMs
  return `held until ${isThatDay ? returnsOn : dueAt?.toISOString()}`
}

/** In the order of the table. */
function rowsOf(
  made: readonly MadeAnswer[],
  readAt: ReadonlyMap<string, Date>,
  endOf: ReadonlyMap<string, string>,
): AnswerRow[] {
  return demoAnswers.flatMap(({ kind, format }) => {
    const answers = made.filter((answer) => answer.format === format)
    const ends = Map.groupBy(answers, ({ recipient }) => endOf.get(recipient) ?? 'no lead')
    const found = answers.filter(({ recipient }) => readAt.has(recipient)).length
    const counts = [...ends].map(([end, leads]) => [end, leads.length])
    return answers.length > 0
      ? [{ kind, format, made: answers.length, found, ends: Object.fromEntries(counts) }]
      : []
  })
}
