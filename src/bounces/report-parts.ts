import { decodedBytes, type Mail, type MailPart, textOf } from '../mime/read-mail.ts'
import { readTnef } from '../mime/tnef.ts'
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

interface Found {
  /** How many messages the part stands inside of: a returned report must not be taken for the report. */
  level: number
  deliveryStatus?: string
  feedbackReport?: string
  returned?: MailPart | undefined
}

export function findReportParts(mail: Mail): ReportParts {
  const found = [...findParts(mail.root, 0)]
  const level = Math.min(...found.filter(isMachineReadable).map((one) => one.level))
  const here = Number.isFinite(level) ? found.filter((one) => one.level === level) : found
  return {
    mail,
    root: mail.root,
    deliveryStatus: here.flatMap((one) => one.deliveryStatus ?? []),
    feedbackReport: here.flatMap((one) => one.feedbackReport ?? []),
    notice: noticeOf(mail.root),
    returned: here.find((one) => one.returned)?.returned,
  }
}

function isMachineReadable(found: Found): boolean {
  return found.deliveryStatus !== undefined || found.feedbackReport !== undefined
}

function* findParts(part: MailPart, level: number): Generator<Found> {
  const type = part.contentType.type
  if (deliveryStatusTypes.has(type))
    yield { level, deliveryStatus: decodedBytes(part).slice(0, maxReportChars) }
  else if (type === 'message/feedback-report')
    yield { level, feedbackReport: decodedBytes(part).slice(0, maxReportChars) }
  else if (returnedHeaderTypes.has(type)) yield { level, returned: part }
  const isMessage = type === 'message/rfc822' || type === 'message/global'
  if (isMessage) yield { level, returned: part.children[0] }
  for (const child of part.children) yield* findParts(child, isMessage ? level + 1 : level)
}

function noticeOf(root: MailPart): string {
  const leaves = [...textLeaves(root)]
  const plain = leaves.filter((part) => part.contentType.type !== 'text/html')
  const text = joinText(plain) + tnefNotice(root)
  return text.trim().length >= shortestNotice
    ? text
    : `${text}\n${joinText(leaves.filter((part) => !plain.includes(part)))}`
}

/** Exchange may put its report into a winmail.dat, as the recipients' own properties. */
function tnefNotice(root: MailPart): string {
  const part = root.children.find((child) => child.contentType.type.endsWith('ms-tnef'))
  const tnef = part && readTnef(Buffer.from(part.body.slice(0, maxReportChars), 'base64'))
  if (!tnef) return ''
  const said = tnef.recipients.filter((one) => one.said !== '')
  const groups = said.map(
    (one) => `${one.address.replace(/^SMTP:/i, '')}\n    ${one.said.replace(/\s+/g, ' ')}`,
  )
  return [tnef.body, ...groups].join('\n\n').slice(0, maxNoticeChars)
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
