import { findAddresses, isDaemon } from './addresses.ts'
import { hasAutoReplySubject } from './auto-reply.ts'
import { maxRecipients } from './limits.ts'
import { introducedBy } from './readers/notice-recipients.ts'
import { openings, reportSubject } from './readers/notice-wording.ts'
import type { ReportParts } from './report-parts.ts'

/** What speaks for a message being a delivery report, of those that no machine-readable part proves to be one. */
export interface ReportSigns {
  /** Sent by a mail system: its name, or an empty return path. */
  fromSystem: boolean
  subject: boolean
  /** Of an answer in absence: what its text quotes is no report. */
  autoReplySubject: boolean
  /** The text opens as reports do. */
  opening: boolean
  /** Exim names the recipients in the header. */
  failedRecipients: string[]
  /** The very first line names a recipient. */
  leading: boolean
  /** Our message is attached. */
  returned: boolean
  /** The header calls it a delivery report (RFC 6522), or Exchange does. */
  declared: boolean
}

export function reportSigns(parts: ReportParts, notice: string): ReportSigns {
  const { headers } = parts.root
  const failed = headers.all('x-failed-recipients').join(',')
  return {
    fromSystem: isFromSystem(parts),
    subject: isReportSubject(headers.decoded('subject') ?? ''),
    autoReplySubject: hasAutoReplySubject(headers),
    leading: introducedBy(firstLine(notice)).length > 0,
    opening: openings.some((opening) => opening.test(notice)),
    returned: parts.returned !== undefined,
    declared: isDeclared(parts),
    failedRecipients: [...new Set(findAddresses(failed, maxRecipients + 1).map((found) => found.address))],
  }
}

function isDeclared({ root }: ReportParts): boolean {
  const { type, params } = root.contentType
  const kind = type === 'multipart/report' ? params.get('report-type')?.toLowerCase() : undefined
  return kind === 'delivery-status' || root.headers.has('x-ms-exchange-message-is-ndr')
}

function isReportSubject(subject: string): boolean {
  const line = subject.slice(0, 500)
  return reportSubject.some((wording) => wording.test(line))
}

function firstLine(notice: string): string {
  return notice.trimStart().split('\n', 1)[0]?.slice(0, 500) ?? ''
}

const systemName =
  /mailer-?daemon|mail deliver|postmaster|mail ?system|delivery (?:sub)?system|mail administrator|system administrator|microsoftexchange329e|mmsc|returned mail|majordomo/i

function isFromSystem(parts: ReportParts): boolean {
  const { headers } = parts.root
  const from = headers.decoded('from') ?? ''
  const returnPath = headers.raw('return-path')?.trim()
  if (systemName.test(from.slice(0, 300))) return true
  if (findAddresses(from.slice(0, 500)).some((found) => isDaemon(found.address))) return true
  // Answers in absence have an empty return path as well (RFC 3834 section 3.3).
  const answers = headers.raw('auto-submitted')?.toLowerCase().startsWith('auto-replied')
  return !answers && (returnPath === '<>' || returnPath === '')
}

/** At least two independent signs make a report; `named` is whether the text names a recipient and an error. */
export function isReport(signs: ReportSigns, named: boolean): boolean {
  if (signs.failedRecipients.length > 0) return true
  if (signs.autoReplySubject) return false
  if (signs.declared && (signs.opening || signs.subject || named)) return true
  if (signs.fromSystem && signs.leading && named) return true
  if (signs.fromSystem)
    return (
      (signs.opening && (signs.subject || named)) ||
      (signs.subject && (named || signs.returned)) ||
      (named && signs.returned)
    )
  return signs.subject && signs.opening && named
}

const delaySubject = /delay|warning|still being retried|temporar|delivery incomplete|verz.{1,3}ger/i
const delayText =
  /has not yet been delivered|has been delayed|delayed for more than|warning (?:message )?only|will (?:continue to )?(?:be )?retr(?:y|ied)|(?:will|to) (?:continue|keep) (?:to try|trying|to attempt)|attempts will continue|enqueued and undeliverable for|still being retried|temporary failure report|message will be retried|no action is required on your part/i

/** Whether the report only warns: the server still tries. */
export function isDelayNotice(subject: string, notice: string): boolean {
  return delaySubject.test(subject) && delayText.test(notice)
}
