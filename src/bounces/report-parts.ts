import { decodedBytes, type Mail, type MailPart, textOf, walk } from '../mime/read-mail.ts'
import { maxNoticeChars, maxReportChars } from './limits.ts'

/** The parts of a message that a report can be read from. */
export interface ReportParts {
  mail: Mail
  root: MailPart
  deliveryStatus: string[]
  feedbackReport: string[]
  /** Human-readable text outside returned messages. */
  notice: string
  /** The returned message or its headers, where a part of its own holds them. */
  returned: MailPart | undefined
}

const deliveryStatusTypes = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'text/delivery-status',
])
const returnedHeaderTypes = new Set([
  'text/rfc822-headers',
  'text/rfc822-header',
  'message/global-headers',
  'message/rfc822-headers',
])

export function findReportParts(mail: Mail): ReportParts {
  const parts: ReportParts = {
    mail,
    root: mail.root,
    deliveryStatus: [],
    feedbackReport: [],
    notice: '',
    returned: undefined,
  }
  for (const part of walk(mail.root)) collect(part, parts)
  parts.notice = noticeOf(mail.root)
  return parts
}

function collect(part: MailPart, parts: ReportParts): void {
  const type = part.contentType.type
  if (deliveryStatusTypes.has(type)) parts.deliveryStatus.push(decodedBytes(part).slice(0, maxReportChars))
  else if (type === 'message/feedback-report')
    parts.feedbackReport.push(decodedBytes(part).slice(0, maxReportChars))
  else if (returnedHeaderTypes.has(type)) parts.returned ??= part
  else if (type === 'message/rfc822' || type === 'message/global') parts.returned ??= part.children[0]
}

function noticeOf(root: MailPart): string {
  const leaves = [...textLeaves(root)]
  const plain = leaves.filter((part) => part.contentType.type !== 'text/html')
  const text = joinText(plain)
  return text.trim().length >= shortestNotice
    ? text
    : `${text}\n${joinText(leaves.filter((part) => !plain.includes(part)))}`
}

/** Less than this is a greeting, and the HTML beside it has the rest. */
const shortestNotice = 20

function joinText(parts: MailPart[]): string {
  let text = ''
  for (const part of parts) {
    if (text.length >= maxNoticeChars) break
    text += `${textOf(part, maxNoticeChars)}\n`
  }
  return text.slice(0, maxNoticeChars)
}

function* textLeaves(part: MailPart): Generator<MailPart> {
  const type = part.contentType.type
  if (part.children.length > 0) {
    if (type.startsWith('multipart/')) for (const child of part.children) yield* textLeaves(child)
    return
  }
  const readable = type.startsWith('multipart/') || type === 'text/plain' || type === 'text/html'
  if (readable && !isReturnedText(part)) yield part
}

/** A part without a type whose headers are those of a message is the returned message, not a notice. */
function isReturnedText(part: MailPart): boolean {
  return part.depth > 0 && !part.contentType.stated && part.headers.has('message-id')
}
