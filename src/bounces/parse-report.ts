import { readMail } from '../mime/read-mail.ts'
import { findAddresses } from './addresses.ts'
import { isAutoReply, isChallenge } from './auto-reply.ts'
import type { RecipientFinding } from './finding.ts'
import { judge } from './judge.ts'
import { maxRecipients } from './limits.ts'
import { originalMessage } from './original-message.ts'
import { classifyReason } from './reasons/classify.ts'
import { readDeliveryStatus } from './readers/delivery-status.ts'
import { readFeedback } from './readers/feedback.ts'
import { type Notice, readNotice, splitNotice } from './readers/notice.ts'
import { statusField } from './readers/notice-wording.ts'
import { readSesNotification } from './readers/ses-notification.ts'
import { isDelayNotice, isReport, reportSigns } from './recognise.ts'
import { findReportParts, type ReportParts } from './report-parts.ts'
import type { OriginalMessage, Reason, RecipientKind, RecipientVerdict, ReportType, ReportVerdict } from './verdict.ts'

/** Reads one message as a delivery report, complaint or automatic answer. Never throws: what it cannot read is `none`, with why. */
export function parseReport(bytes: Uint8Array): ReportVerdict {
  try {
    return readReport(bytes)
  } catch (error) {
    // The promise to the caller is a verdict for any bytes; a defect here must not stop the mailbox.
    return noReport(`the reader failed: ${error instanceof Error ? error.message : String(error)}`, emptyOriginal())
  }
}

function readReport(bytes: Uint8Array): ReportVerdict {
  const parts = findReportParts(readMail(bytes))
  const notice = splitNotice(parts.notice)
  const original = originalMessage(parts, notice.returned)
  const context: Context = { parts, notice, text: notice.lines.join('\n'), original }
  return feedbackVerdict(context) ?? sesVerdict(context) ?? deliveryVerdict(context) ?? noticeVerdict(context) ?? otherVerdict(context)
}

interface Context {
  parts: ReportParts
  notice: Notice
  /** The notice without the returned message. */
  text: string
  original: OriginalMessage
}

function feedbackVerdict(context: Context): ReportVerdict | undefined {
  const feedback = readFeedback(context.parts)
  if (!feedback) return undefined
  return complaint(context, feedback.feedbackType, feedback.addresses, 'feedback-report')
}

function complaint(context: Context, feedbackType: string, addresses: string[], evidence: string): ReportVerdict {
  const reason = reasonOfFeedback(feedbackType)
  const named: (string | null)[] = addresses.length > 0 ? addresses : [null]
  const recipients = named.map((address) => ({ ...plainVerdict(address, 'feedback', reason, evidence), feedbackType }))
  return verdict(context, 'feedback', recipients, feedbackType)
}

/** Authentication reports and "not spam" are no complaints: nobody asked to be left alone. */
function reasonOfFeedback(feedbackType: string): Reason {
  if (feedbackType === 'opt-out' || feedbackType === 'opt-out-list') return 'unsubscribe'
  return feedbackType === 'auth-failure' || feedbackType === 'not-spam' || feedbackType === 'dmarc' ? 'report' : 'complaint'
}

function sesVerdict(context: Context): ReportVerdict | undefined {
  const ses = readSesNotification(context.parts.notice)
  if (!ses) return undefined
  if (ses.kind === 'complaint')
    return complaint(context, ses.feedbackType, ses.recipients.flatMap((one) => one.address ?? []), 'ses-notification')
  return deliveries(context, ses.recipients, false)
}

function deliveryVerdict(context: Context): ReportVerdict | undefined {
  const bodies = context.parts.deliveryStatus.length > 0 ? context.parts.deliveryStatus : pastedStatus(context)
  const findings = bodies.flatMap(readDeliveryStatus)
  if (findings.length === 0) return undefined
  return deliveries(context, withNotice(findings, context), false)
}

function pastedStatus(context: Context): string[] {
  return statusField.test(context.text) ? [context.text] : []
}

/** Adds what the notice says of each recipient: the command that was refused often stands only there. */
function withNotice(findings: RecipientFinding[], context: Context): RecipientFinding[] {
  const said = readNotice(context.notice, new Set())
  return findings.map((finding) => {
    const same = said.find((one) => one.address === finding.address || one.address === finding.originalRecipient)
    return { ...finding, notice: same?.notice, context: findings.length === 1 ? context.text : undefined }
  })
}

function noticeVerdict(context: Context): ReportVerdict | undefined {
  const signs = reportSigns(context.parts, context.text)
  const found = readNotice(context.notice, oursOf(context))
  const named = found.some((one) => one.evidence === 'notice:own-line') || (found.length > 0 && saysWhy(context.text))
  if (!isReport(signs, named)) return undefined
  const findings = signs.failedRecipients.length > 0 ? failedRecipients(signs.failedRecipients, found, context) : found
  const subject = context.parts.root.headers.decoded('subject') ?? ''
  return deliveries(context, alone(findings.length > 0 ? findings : [fromOriginal(context)], context), isDelayNotice(subject, context.text))
}

/** All of the text is about the only recipient. */
function alone(findings: RecipientFinding[], context: Context): RecipientFinding[] {
  return findings.length === 1 ? findings.map((finding) => ({ ...finding, context: context.text })) : findings
}

/** A recipient named in a sentence counts when the text also says what was wrong. */
function saysWhy(text: string): boolean {
  return classifyReason({ text }) !== 'unknown'
}

function oursOf(context: Context): Set<string> {
  const { headers } = context.parts.root
  const values = [headers.raw('to'), headers.raw('from'), headers.raw('return-path'), context.original.headers['from'], context.original.headers['return-path']]
  return new Set(values.flatMap((value) => findAddresses((value ?? '').slice(0, 4000)).map((found) => found.address)))
}

function failedRecipients(addresses: string[], found: RecipientFinding[], context: Context): RecipientFinding[] {
  return addresses.slice(0, maxRecipients).map((address) => {
    const notice = found.find((one) => one.address === address)?.notice ?? context.text
    return { address, notice, evidence: 'x-failed-recipients' }
  })
}

/** A report that names nobody is about whom the returned message was for. */
function fromOriginal(context: Context): RecipientFinding {
  return { address: context.original.to ?? undefined, notice: context.text, evidence: 'returned-message' }
}

function deliveries(context: Context, findings: RecipientFinding[], delayed: boolean): ReportVerdict {
  const recipients = findings.slice(0, maxRecipients).map((finding) => judge(finding, delayed))
  const type: ReportType = recipients.length > 0 && recipients.every((one) => one.kind === 'delivered') ? 'delivered' : 'bounce'
  const result = verdict(context, type, recipients, null)
  return { ...result, truncated: result.truncated || findings.length > maxRecipients }
}

function otherVerdict(context: Context): ReportVerdict {
  const { headers } = context.parts.root
  const from = findAddresses((headers.raw('from') ?? '').slice(0, 2000))[0]?.address ?? null
  if (isChallenge(headers, context.text)) return verdict(context, 'challenge', [plainVerdict(from, 'other', 'challenge', 'challenge')], null)
  if (isAutoReply(headers)) return verdict(context, 'autoreply', [plainVerdict(from, 'autoreply', 'autoreply', 'auto-reply')], null)
  return { ...noReport('no report part, and the text is not that of a report', context.original), truncated: context.parts.mail.truncated }
}

function plainVerdict(address: string | null, kind: RecipientKind, reason: Reason, evidence: string): RecipientVerdict {
  const nothing = { status: null, smtpCode: null, action: null, permanent: null, diagnostic: null, remoteMta: null }
  return { address, originalRecipient: null, ...nothing, kind, addressDead: false, reason, evidence }
}

function verdict(context: Context, type: ReportType, recipients: RecipientVerdict[], feedbackType: string | null): ReportVerdict {
  return { type, feedbackType, recipients, original: context.original, truncated: context.parts.mail.truncated, why: null }
}

function noReport(why: string, original: OriginalMessage): ReportVerdict {
  return { type: 'none', feedbackType: null, recipients: [], original, truncated: false, why }
}

function emptyOriginal(): OriginalMessage {
  return { messageId: null, verp: null, to: null, date: null, headers: {} }
}
