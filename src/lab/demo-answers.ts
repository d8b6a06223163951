import { seededHash } from '../core/seeded.ts'
import { autoReply, humanReply, outOfOffice, typedUnsubscribe, unsubscribeRequest } from './replies.ts'
import type { ReplyContext } from './reply-message.ts'
import { exchangeReport, eximBounce, gmailReport, qmailBounce } from './report-formats.ts'
import { complaint, delayedNotice, hardBounce, mailboxFullBounce } from './reports.ts'
import { standardBehaviours } from './smtp-behaviours.ts'

export type AnswerKind =
  | 'hard'
  | 'soft'
  | 'delayed'
  | 'complaint'
  | 'out_of_office'
  | 'auto_reply'
  | 'unsubscribe'
  | 'reply'

export interface Answer {
  kind: AnswerKind
  /** What kind of mail it is, for people. */
  format: string
  /** Of a thousand recipients, about so many answer like this. */
  perThousand: number
  folder: 'INBOX' | 'Junk'
  make(context: ReplyContext): Buffer
}

/** What the recipients of the demo send back; all others say nothing. */
export const demoAnswers: readonly Answer[] = [
  row('hard', 'delivery report of Postfix (RFC 3464)', 3, hardBounce),
  row('hard', 'bounce of qmail, plain text', 3, qmailBounce),
  row('hard', 'bounce of Exim, plain text', 3, eximBounce),
  row('hard', 'report of Exchange, HTML first', 3, exchangeReport),
  row('hard', 'report of Gmail', 3, gmailReport),
  row('soft', 'mailbox full (RFC 3464)', 3, mailboxFullBounce),
  row('delayed', 'delayed, still being tried', 3, delayedNotice),
  row('complaint', 'abuse report (RFC 5965)', 3, complaint),
  row('out_of_office', 'absence note in English', 3, (of) => outOfOffice(of, 'en', returnDate(of.now))),
  row('out_of_office', 'absence note in German', 3, (of) => outOfOffice(of, 'de', returnDate(of.now))),
  row('auto_reply', 'automatic reply (RFC 3834)', 3, autoReply),
  row('unsubscribe', 'request by mail program', 2, unsubscribeRequest),
  row('unsubscribe', 'request in own words', 2, typedUnsubscribe),
  row('reply', 'reply of a person', 4, humanReply),
  row('reply', 'reply of a person, in Junk', 2, humanReply, 'Junk'),
]

function row(
  kind: AnswerKind,
  format: string,
  perThousand: number,
  make: Answer['make'],
  folder: Answer['folder'] = 'INBOX',
): Answer {
  return { kind, format, perThousand, make, folder }
}

/** When the writers of the absence notes are back. */
export function returnDate(now: Date): Date {
  return new Date(now.getTime() + 10 * 86_400_000)
}

// One that gives every row of the table two leads of examples/leads.csv or more.
const seed = 749

/** How this recipient answers: always the same way. Domains at which the SMTP side misbehaves stay silent. */
export function answerOf(recipient: string): Answer | undefined {
  if (standardBehaviours[recipient.slice(recipient.lastIndexOf('@') + 1)]) return undefined
  let place = seededHash(seed, recipient) % 1000
  for (const answer of demoAnswers) {
    if (place < answer.perThousand) return answer
    place -= answer.perThousand
  }
  return undefined
}
