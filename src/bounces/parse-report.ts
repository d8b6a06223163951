import { readMail } from '../mime/read-mail.ts'
import { findAddresses } from './addresses.ts'
import { isAutoReply, isChallenge } from './auto-reply.ts'
import { noMessage, originalMessage } from './original-message.ts'
import { readPastedStatus, readStatusParts } from './readers/delivery-status.ts'
import { readFeedback } from './readers/feedback.ts'
import { splitNotice } from './readers/notice.ts'
import { noticeFindings, withNotice } from './readers/notice-findings.ts'
import { readSesNotification } from './readers/ses-notification.ts'
import { isDelayNotice } from './recognise.ts'
import { findReportParts } from './report-parts.ts'
import {
  automaticReply,
  deliveryReport,
  feedbackReport,
  noReport,
  type ReportContext,
} from './report-verdicts.ts'
import type { ReportVerdict } from './verdict.ts'

/** Reads one message as a delivery report, complaint or automatic answer. Never throws: what it cannot read is `none`, with why. */
export function parseReport(bytes: Uint8Array): ReportVerdict {
  try {
    return readReport(bytes)
  } catch (error) {
    // The promise to the caller is a verdict for any bytes; a defect here must not stop a mailbox.
    return noReport(`the reader failed: ${error instanceof Error ? error.message : error}`, noMessage, false)
  }
}

function readReport(bytes: Uint8Array): ReportVerdict {
  const parts = findReportParts(readMail(bytes))
  const notice = splitNotice(parts.notice)
  const original = originalMessage(parts, notice.returned)
  const context: ReportContext = { parts, notice, text: notice.lines.join('\n'), original }
  return (
    complaintOf(context) ??
    sesReportOf(context) ??
    statusReportOf(context) ??
    noticeReportOf(context) ??
    automaticReplyOf(context) ??
    noReport('no report part, and the text is not that of a report', original, parts.mail.truncated)
  )
}

function complaintOf(context: ReportContext): ReportVerdict | undefined {
  const feedback = readFeedback(context.parts)
  return feedback && feedbackReport(context, feedback.feedbackType, feedback.addresses, 'feedback-report')
}

function sesReportOf(context: ReportContext): ReportVerdict | undefined {
  const ses = readSesNotification(context.parts.notice)
  if (ses?.kind !== 'complaint') return ses && deliveryReport(context, ses.recipients, false)
  const addresses = ses.recipients.flatMap((one) => one.address ?? [])
  return feedbackReport(context, ses.feedbackType, addresses, 'ses-notification')
}

function statusReportOf(context: ReportContext): ReportVerdict | undefined {
  const { deliveryStatus } = context.parts
  const findings =
    deliveryStatus.length > 0 ? readStatusParts(deliveryStatus) : readPastedStatus(context.text)
  return findings.length > 0 ? deliveryReport(context, withNotice(findings, context), false) : undefined
}

function noticeReportOf(context: ReportContext): ReportVerdict | undefined {
  const findings = noticeFindings(context)
  const subject = context.parts.root.headers.decoded('subject') ?? ''
  return findings && deliveryReport(context, findings, isDelayNotice(subject, context.text))
}

function automaticReplyOf(context: ReportContext): ReportVerdict | undefined {
  const { headers } = context.parts.root
  const from = findAddresses((headers.raw('from') ?? '').slice(0, 2000))[0]?.address ?? null
  if (isChallenge(headers, context.text)) return automaticReply(context, 'challenge', from)
  return isAutoReply(headers) ? automaticReply(context, 'autoreply', from) : undefined
}
