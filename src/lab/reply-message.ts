import { randomUUID } from 'node:crypto'

/** What a reply or report needs to know of the message it answers. */
export interface OriginalMessage {
  /** With its angle brackets. */
  messageId: string
  /** Our X-Rookery-Ref; empty if it had none. */
  ref: string
  from: string
  to: string
  subject: string
  date: Date
  /** Where reports go: MAIL FROM, which may carry a token; `from` if left out. */
  returnPath?: string | undefined
  /** The header block as it was sent; made up from the above if left out. */
  headers?: string | undefined
}

export interface ReplyContext {
  original: OriginalMessage
  now: Date
}

/** Reads what is needed off the raw message, as the lab's SMTP provider saw it. */
export function readOriginal(raw: Buffer, envelope: { from: string; to: string }): OriginalMessage {
  const headers = raw.toString('latin1').split('\r\n\r\n')[0] ?? ''
  const unfolded = headers.replace(/\r\n[ \t]+/g, ' ')
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(unfolded)?.[1]?.trim() ?? ''
  return {
    messageId: field('message-id'),
    ref: field('x-rookery-ref'),
    from: /<([^<>]+)>/.exec(field('from'))?.[1] ?? field('from'),
    to: envelope.to,
    subject: field('subject'),
    date: new Date(field('date')),
    returnPath: envelope.from,
    headers,
  }
}

/** The original's header block, for the part of a report that returns it. */
export function returnedHeaders(original: OriginalMessage): string {
  const { messageId, ref, from, to, subject, date, headers } = original
  if (headers !== undefined) return headers
  return lines(
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: ${subject}`,
    `Date: ${mailDate(date)}`,
    `Message-ID: ${messageId}`,
    ...(ref === '' ? [] : [`X-Rookery-Ref: ${ref}`]),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  )
}

export function returnPathOf({ returnPath, from }: OriginalMessage): string {
  return returnPath ?? from
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** RFC 5322 section 3.3, in UTC. */
export function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}

/** A header's text, as an encoded word (RFC 2047) where ASCII does not do. */
export function headerText(text: string): string {
  return /^[ -~]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
}

export function newMessageId(domain: string): string {
  return `<${randomUUID()}@${domain}>`
}

export function lines(...all: readonly string[]): string {
  return all.join('\r\n')
}

/** A whole message: header lines, a blank line, the body. */
export function message(headers: readonly string[], body: string): Buffer {
  return Buffer.from(`${lines(...headers)}\r\n\r\n${body}\r\n`)
}

export interface Part {
  type: string
  headers?: readonly string[]
  body: string
}

/** A multipart body with its boundary. */
export function multipart(parts: readonly Part[]): { boundary: string; body: string } {
  const boundary = `=_${randomUUID().replaceAll('-', '')}`
  const bodies = parts.map(({ type, headers = [], body }) =>
    lines(`--${boundary}`, `Content-Type: ${type}`, ...headers, '', body, ''),
  )
  return { boundary, body: lines(...bodies, `--${boundary}--`) }
}

/** The headers that every report has, MIME included, but for its Content-Type. */
export function systemHeaders(original: OriginalMessage, now: Date, from: string, subject: string): string[] {
  return [
    'Return-Path: <>',
    `Date: ${mailDate(now)}`,
    `From: ${from}`,
    `To: <${returnPathOf(original)}>`,
    `Subject: ${subject}`,
    `Message-ID: ${newMessageId(domainOf(original.to))}`,
    'MIME-Version: 1.0',
  ]
}
