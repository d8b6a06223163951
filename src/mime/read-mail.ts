import { decodeCharset } from './charset.ts'
import { type ContentType, parseContentType } from './content-type.ts'
import { type HeaderBlock, splitHeaders } from './header-block.ts'
import { htmlToText } from './html-text.ts'
import { decodeTransfer } from './transfer-encoding.ts'

/** Bytes of a message that are looked at; reports say what they have to say long before this. */
export const maxMessageBytes = 2 * 1024 * 1024
/** Multiparts and attached messages inside each other. */
const maxDepth = 12
/** Parts of one message, over all levels. */
const maxParts = 200

export interface MailPart {
  headers: HeaderBlock
  contentType: ContentType
  /** Still transfer-encoded, bytes as Latin-1 characters, line ends `\n`. */
  body: string
  /** Of a multipart: its parts. Of an attached message: that message alone. */
  children: MailPart[]
  depth: number
}

export interface Mail {
  root: MailPart
  /** True when a cap cut something off. */
  truncated: boolean
}

interface Budget {
  parts: number
  truncated: boolean
}

/**
 * Splits a message into its tree of parts, in one pass and without a throw, whatever the bytes are. mailparser is a stream
 * over whole messages and takes 0.5 ms for a report of 5 KB, all of the time that a whole verdict may take.
 */
export function readMail(bytes: Uint8Array): Mail {
  const budget: Budget = { parts: 0, truncated: bytes.length > maxMessageBytes }
  const seen = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, maxMessageBytes))
  const text = withPlainLineEnds(seen.toString('latin1'))
  return { root: readPart(text, 0, budget), truncated: budget.truncated }
}

function withPlainLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function readPart(text: string, depth: number, budget: Budget): MailPart {
  budget.parts += 1
  const { headers, bodyStart } = splitHeaders(text, depth === 0 ? firstLineStart(text) : 0)
  const contentType = contentTypeOf(headers, text, bodyStart)
  const part: MailPart = { headers, contentType, body: text.slice(bodyStart), children: [], depth }
  if (depth >= maxDepth) budget.truncated ||= isContainer(contentType.type)
  else if (contentType.type.startsWith('multipart/')) part.children = readParts(part, depth, budget)
  else if (isAttachedMessage(contentType.type))
    part.children = [readPart(decodedBytes(part).trimStart(), depth + 1, budget)]
  return part
}

/** Blank lines above the header, as some archives leave them, are not its end. */
function firstLineStart(text: string): number {
  const blank = /^(?:[ \t]{0,998}\n){1,20}/.exec(text)?.[0].length ?? 0
  return blank < text.length ? blank : 0
}

/** A header that lost its Content-Type says so in the body: "This is a MIME-encapsulated message", then a boundary. */
function contentTypeOf(headers: HeaderBlock, text: string, bodyStart: number): ContentType {
  const stated = parseContentType(headers.raw('content-type'))
  if (
    stated.stated ||
    !/^\s{0,20}This is a (?:MIME|multi-?part)/i.test(text.slice(bodyStart, bodyStart + 60))
  )
    return stated
  const boundary = guessBoundary(text.slice(bodyStart, bodyStart + 4096))
  return boundary
    ? { type: 'multipart/mixed', params: new Map([['boundary', boundary]]), stated: true }
    : stated
}

function isContainer(type: string): boolean {
  return type.startsWith('multipart/') || isAttachedMessage(type)
}

function isAttachedMessage(type: string): boolean {
  return type === 'message/rfc822' || type === 'message/global' || type === 'message/news'
}

function readParts(part: MailPart, depth: number, budget: Budget): MailPart[] {
  const boundary = part.contentType.params.get('boundary') ?? guessBoundary(part.body)
  if (!boundary) return []
  const children: MailPart[] = []
  for (const text of sections(part.body, boundary)) {
    if (budget.parts >= maxParts) {
      budget.truncated = true
      break
    }
    children.push(readPart(withoutStrayBlank(text), depth + 1, budget))
  }
  return children
}

/** A blank line between the boundary and the fields of the part, as some reporters put it, ends no header. */
function withoutStrayBlank(text: string): string {
  return /^\s{1,20}Content-[a-z-]{1,40}:/i.test(text) ? text.trimStart() : text
}

/** A multipart that lost its boundary parameter: the first line that looks like one. */
function guessBoundary(body: string): string | undefined {
  return /^--([^\s-][^\n]{0,100}?)[ \t]*$/m.exec(body.slice(0, 4096))?.[1]
}

/** The text between boundary lines; what follows the closing line is left out, a missing closing line is forgiven. */
function* sections(body: string, boundary: string): Generator<string> {
  const mark = `--${boundary.trimEnd()}`
  let start = -1
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== '\n') continue
    const lineEnd = endOfLine(body, at)
    const rest = body.slice(at + mark.length, Math.min(lineEnd, at + mark.length + 80)).trim()
    if (rest !== '' && rest !== '--') continue
    if (start >= 0) yield body.slice(start, Math.max(start, at - 1))
    start = rest === '--' ? -1 : Math.min(lineEnd + 1, body.length)
  }
  if (start >= 0) yield body.slice(start)
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** The body with its transfer encoding undone, bytes as Latin-1 characters. */
export function decodedBytes(part: MailPart): string {
  return decodeTransfer(part.body, part.headers.raw('content-transfer-encoding') ?? '')
}

/** The body as text: transfer encoding and charset undone, HTML turned into lines. */
export function textOf(part: MailPart, maxChars: number): string {
  const bytes = decodeTransfer(part.body.slice(0, maxChars * 2), encodingOf(part))
  const text = decodeCharset(bytes.slice(0, maxChars), part.contentType.params.get('charset') ?? '')
  return part.contentType.type === 'text/html' ? htmlToText(text) : text
}

/** Some archives drop the field; soft line breaks beside encoded characters give quoted-printable away. */
function encodingOf(part: MailPart): string {
  const stated = part.headers.raw('content-transfer-encoding')
  if (stated !== undefined) return stated
  const head = part.body.slice(0, 4096)
  return /=20\n|=3D/.test(head) && /[^=\n]=\n/.test(head) ? 'quoted-printable' : ''
}
