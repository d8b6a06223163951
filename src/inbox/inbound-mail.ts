import { decodeCharset } from '../mime/charset.ts'
import { type HeaderBlock, splitHeaders } from '../mime/header-block.ts'
import { decodedBytes, type Mail, type MailPart, textOf } from '../mime/read-mail.ts'

/** What a person writes stands long before this; the rest is quotes. */
const maxTextChars = 100_000
const maxReturnedHeaders = 5

/** What the reader of reports said about the message. */
export interface ReportSummary {
  type: 'bounce' | 'feedback' | 'autoreply' | 'challenge' | 'delivered' | 'none'
  feedbackType?: string | null
}

export interface Attachment {
  filename: string | undefined
  contentType: string
  /** As it stood in the message, before its transfer encoding was undone. */
  encodedBytes: number
}

/** One received message as triage sees it. */
export interface InboundMail {
  headers: HeaderBlock
  /** The plain text part; the HTML as lines where there is none. */
  text: string
  /** Only where the message has no plain text: its quotes are told by containers, not by lines. */
  html: string | undefined
  attachments: readonly Attachment[]
  /** Headers of messages that it attaches or returns. */
  returnedHeaders: readonly HeaderBlock[]
  report: ReportSummary
}

export function toInboundMail(mail: Mail, report: ReportSummary): InboundMail {
  const leaves = [...ownLeaves(mail.root)]
  const texts = leaves.filter((part) => isText(part) && !isAttachment(part))
  const plain = texts.filter((part) => part.contentType.type !== 'text/html')
  const text = joined(plain)
  const html = text.trim() === '' ? texts.find((part) => part.contentType.type === 'text/html') : undefined
  return {
    headers: mail.root.headers,
    text: html ? textOf(html, maxTextChars) : text,
    html: html && htmlOf(html),
    attachments: leaves.filter((part) => isAttachment(part) || !isText(part)).map(attachmentOf),
    returnedHeaders: returnedHeaders(mail.root),
    report,
  }
}

/** Parts without children, attached messages left whole. */
function* ownLeaves(part: MailPart): Generator<MailPart> {
  if (!part.contentType.type.startsWith('multipart/')) yield part
  else for (const child of part.children) yield* ownLeaves(child)
}

function isText(part: MailPart): boolean {
  return /^text\/(?:plain|html|enriched)$/.test(part.contentType.type)
}

function isAttachment(part: MailPart): boolean {
  return /^\s{0,20}attachment/i.test(part.headers.raw('content-disposition') ?? '')
}

function joined(parts: readonly MailPart[]): string {
  let text = ''
  for (const part of parts) {
    if (text.length >= maxTextChars) break
    text += `${text === '' ? '' : '\n'}${textOf(part, maxTextChars - text.length)}`
  }
  return text
}

function htmlOf(part: MailPart): string {
  const bytes = decodedBytes({ ...part, body: part.body.slice(0, maxTextChars * 2) })
  return decodeCharset(bytes.slice(0, maxTextChars), part.contentType.params.get('charset') ?? '')
}

function attachmentOf(part: MailPart): Attachment {
  const stated = part.headers.decoded('content-disposition') ?? ''
  const named = /filename=(?:"([^"]{1,255})"|([^\s;"]{1,255}))/i.exec(stated)
  return {
    filename: named?.[1] ?? named?.[2] ?? part.contentType.params.get('name'),
    contentType: part.contentType.type,
    encodedBytes: part.body.length,
  }
}

/** Parents first, attached messages included; the reader of the message capped their number and depth. */
function* everyPart(part: MailPart): Generator<MailPart> {
  yield part
  for (const child of part.children) yield* everyPart(child)
}

function returnedHeaders(root: MailPart): HeaderBlock[] {
  const found: HeaderBlock[] = []
  for (const part of everyPart(root)) {
    if (found.length === maxReturnedHeaders) break
    if (/rfc822-headers?$|^message\/global-headers$/.test(part.contentType.type))
      found.push(splitHeaders(decodedBytes(part).trimStart()).headers)
    else if (/^message\/(?:rfc822|global)$/.test(part.contentType.type) && part.children[0])
      found.push(part.children[0].headers)
  }
  return found
}
