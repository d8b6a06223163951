import MailComposer from 'nodemailer/lib/mail-composer'
import { AppError } from '../core/errors.ts'
import { isPlainAddress } from './plain-address.ts'

export interface MessageAddress {
  name?: string | undefined
  address: string
}

export interface OutgoingMessage {
  from: MessageAddress
  to: MessageAddress
  subject: string
  text: string
  html?: string | undefined
  /** With its angle brackets; written exactly so. */
  messageId: string
  date: Date
  inReplyTo?: string | undefined
  references?: readonly string[] | undefined
  /** Further headers, such as X-Rookery-Ref or List-Unsubscribe; none of the ones above. */
  headers?: Readonly<Record<string, string>> | undefined
}

/**
 * The message as it goes to the server: CRLF line ends, ASCII only, no line over 76 characters but where a word is longer.
 * Control characters in names and the subject become spaces; anywhere else in a header they are refused ('invalid_input').
 */
export async function composeMessage(message: OutgoingMessage): Promise<Buffer> {
  const composer = new MailComposer({
    from: address('From', message.from),
    to: address('To', message.to),
    subject: oneLine(message.subject),
    text: body(message.text),
    html: message.html === undefined ? undefined : body(message.html),
    messageId: messageId('Message-ID', message.messageId),
    date: date(message.date),
    inReplyTo: message.inReplyTo && messageId('In-Reply-To', message.inReplyTo),
    references: message.references?.map((id) => messageId('References', id)),
    headers: extraHeaders(message.headers ?? {}),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    return await composer.compile().build()
  } catch (cause) {
    throw new AppError('invalid_input', 'the message cannot be composed', { cause })
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
const plainMessageId = /^<[!-;=?-~]+@[!-;=?-~]+>$/
const headerName = /^[!-9;-~]{1,76}$/
const printable = /^[\t -~]*$/
const ownHeaders =
  /^(?:from|sender|to|cc|bcc|reply-to|subject|date|message-id|in-reply-to|references|mime-version|content-.*|received|return-path|resent-.*)$/i

function oneLine(text: string): string {
  return text.replace(controls, ' ').trim()
}

/** NUL cannot stand in a message at all (RFC 5321 section 4.5.2); a lone CR would count as a line end. */
function body(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\r\n|\r|\n/g, '\r\n')
}

function address(header: string, { name, address }: MessageAddress): { name: string; address: string } {
  if (!isPlainAddress(address)) refuse(header, address, 'is not one name@domain')
  return { name: oneLine(name ?? ''), address }
}

function messageId(header: string, id: string): string {
  if (!plainMessageId.test(id)) refuse(header, id, 'is not <token@domain>')
  return id
}

function date(value: Date): Date {
  if (Number.isNaN(value.getTime())) refuse('Date', String(value), 'is not a date')
  return value
}

function extraHeaders(headers: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(headers).map(([key, value]) => {
    if (!headerName.test(key)) refuse('header name', key, 'is not a header name')
    if (ownHeaders.test(key)) refuse(key, value, 'is written by Rookery itself')
    if (!printable.test(value)) refuse(key, value, 'holds characters other than printable ASCII')
    return { key, value }
  })
}

function refuse(what: string, value: string, why: string): never {
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
  throw new AppError('invalid_input', `${what}: ${shown} ${why}`)
}
