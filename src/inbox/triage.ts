import { type AutoReplyKind, isAnswer, isListMail, isMachineSent, readAutoReply } from './auto-reply.ts'
import { withoutHtmlQuotes } from './html-quotes.ts'
import type { InboundMail } from './inbound-mail.ts'
import { type QuotedText, splitQuotedText } from './quoted-text.ts'
import { findReturnDate } from './return-date.ts'
import { readSender } from './senders.ts'
import { readMailtoUnsubscribe, readTypedUnsubscribe } from './unsubscribe.ts'

export interface TriageContext {
  /** When the message was written or received: relative dates count from it. */
  date: Date
  /** The zone in which its day is read. */
  zone: string
  /** Whether it belongs to warmup, by a token that only we could have set. */
  isWarmup?: (mail: InboundMail) => boolean
}

/** `evidence` says in words what the class rests on. `newText` is what was typed, without quotes and signature. */
export type Triage = { evidence: string } & (
  | { class: 'report' | 'complaint' | 'challenge' | 'warmup' }
  | { class: 'auto_reply'; kind: AutoReplyKind; returnsOn?: string }
  | { class: 'unsubscribe'; how: 'mailto' | 'typed'; newText: string }
  | { class: 'reply'; newText: string }
  /** `message`: a person may have written it, but it answers nothing that we know of. */
  | { class: 'other'; kind: 'bulk' | 'machine' | 'message'; newText: string }
)

/** What a received message is. Pure and never throws; the order of the questions is the order of their certainty. */
export function triage(mail: InboundMail, context: TriageContext): Triage {
  const reported = isPersonsAnswer(mail) ? undefined : reportOf(mail)
  if (reported) return reported
  if (readReceipt.test(contentType(mail)))
    return { class: 'other', kind: 'machine', evidence: 'a notice that a message was opened', newText: '' }
  if (context.isWarmup?.(mail)) return { class: 'warmup', evidence: 'it bears the token of a warmup message' }
  // Members of lists talk about such services.
  if (mail.report.type === 'challenge' && !isListMail(mail.headers))
    return { class: 'challenge', evidence: 'a service asks the sender to prove to be a person' }
  const { newText, quotes } = newTextOf(mail)
  const mailto = readMailtoUnsubscribe(mail.headers, newText)
  if (mailto) return { class: 'unsubscribe', ...mailto, newText }
  return autoReplyOf(mail, newText, context) ?? writtenBySomebody(mail, newText, quotes)
}

/** What the sender typed: quotes told by HTML containers where there is no plain text, by lines everywhere. */
export function newTextOf(mail: InboundMail): QuotedText {
  if (mail.html === undefined) return splitQuotedText(mail.text)
  const { text, quotes } = withoutHtmlQuotes(mail.html)
  const split = splitQuotedText(text)
  return { newText: split.newText, quotes: quotes || split.quotes }
}

const contentType = ({ headers }: InboundMail): string => headers.raw('content-type') ?? ''
/** RFC 8098, section 3.1: said by a program, also where a person pressed the button. */
const readReceipt = /report-type\s*=\s*"?disposition-notification/i

/** People quote, paste and attach reports about somebody else: what is declared as one, or sent by a machine, is one. */
function isPersonsAnswer({ headers, report }: InboundMail): boolean {
  if (report.type !== 'bounce' || !headers.raw('in-reply-to')) return false
  const declared = /^\s*multipart\/report/i.test(headers.raw('content-type') ?? '')
  const nobody = /^\s*<>/.test(headers.raw('return-path') ?? '')
  return !declared && !nobody && !isMachineSent(headers) && !readSender(headers).automatic
}

/** Feedback of these types complains about nothing: somebody's filter or policy reports (RFC 6591, RFC 5965). */
const harmlessFeedback: ReadonlySet<string> = new Set([
  'auth-failure',
  'not-spam',
  'dmarc',
  'dkim-reputation',
])

function reportOf({ report }: InboundMail): Triage | undefined {
  const feedbackType = report.feedbackType ?? ''
  if (report.type === 'feedback')
    return harmlessFeedback.has(feedbackType)
      ? { class: 'report', evidence: `a feedback report of type ${feedbackType}` }
      : { class: 'complaint', evidence: `a feedback report of type ${feedbackType || 'unknown'}` }
  if (report.type === 'bounce') return { class: 'report', evidence: 'a report of failed or delayed delivery' }
  return report.type === 'delivered' ? { class: 'report', evidence: 'a report of delivery' } : undefined
}

function autoReplyOf(mail: InboundMail, newText: string, context: TriageContext): Triage | undefined {
  const found = readAutoReply(mail, newText)
  if (!found) return undefined
  const { kind, evidence } = found
  if (kind !== 'out_of_office' && kind !== 'other') return { class: 'auto_reply', evidence, kind }
  const subject = mail.headers.decoded('subject') ?? ''
  const returnsOn =
    findReturnDate(newText, context.date, context.zone) ?? findReturnDate(subject, context.date, context.zone)
  if (returnsOn === undefined) return { class: 'auto_reply', evidence, kind }
  // Who says when to be back is away, in whatever words.
  return { class: 'auto_reply', evidence, kind: 'out_of_office', returnsOn }
}

function writtenBySomebody(mail: InboundMail, newText: string, quotes: boolean): Triage {
  const { headers } = mail
  if (isListMail(headers))
    return { class: 'other', kind: 'bulk', evidence: 'a mailing list or newsletter', newText }
  if (readSender(headers).automatic)
    return { class: 'other', kind: 'machine', evidence: 'sent from an address that nobody reads', newText }
  if (isMachineSent(headers))
    return { class: 'other', kind: 'machine', evidence: 'its header says that a program sent it', newText }
  const request = readTypedUnsubscribe(newText)
  if (request) return { class: 'unsubscribe', ...request, newText }
  if (isAnswer(headers) || quotes) return { class: 'reply', evidence: 'a person answers a message', newText }
  return { class: 'other', kind: 'message', evidence: 'it answers no message', newText }
}
