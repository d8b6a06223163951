import { type HeaderBlock, splitHeaders } from '../mime/header-block.ts'
import { findAddresses } from './addresses.ts'
import type { ReportVerdict } from './verdict.ts'

/** What in a report may tell which of a mailbox's emails it is about. */
export interface ReportClues {
  /** References that stand behind the `+` of the mailbox's own address. */
  verpRefs: string[]
  /** Of the returned message, as stored: with angle brackets. */
  messageIds: string[]
  /** `X-Rookery-Ref` of the returned message. */
  refs: string[]
  /** The message that the report says it answers. */
  threadIds: string[]
  /** Sender of the returned message: when it is not the mailbox, somebody else wrote it. */
  returnedFrom: string | null
}

const maxHeaderChars = 64 * 1024
const maxIds = 20
// Where servers note whom they delivered the report to; Return-Path is that of the returned message.
const envelopeFields = [
  'to',
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'x-delivered-to',
]

/** `mailbox` is the address that the report came to, in lower case. */
export function findClues(report: ReportVerdict, message: Uint8Array, mailbox: string): ReportClues {
  const head = Buffer.from(message.buffer, message.byteOffset, Math.min(message.length, maxHeaderChars))
  const { headers } = splitHeaders(head.toString('latin1').replace(/\r\n?/g, '\n'))
  const returned = report.original.headers
  const envelope = [...envelopeFields.flatMap((name) => headers.all(name)), returned['return-path'] ?? '']
  return {
    verpRefs: envelope.flatMap((field) => ownRefs(field, mailbox)),
    messageIds: report.original.messageId ? [withBrackets(report.original.messageId)] : [],
    refs: refsIn(returned['x-rookery-ref'] ?? ''),
    threadIds: answeredIds(headers),
    returnedFrom: findAddresses((returned.from ?? '').slice(0, 1000))[0]?.address ?? null,
  }
}

/** The returned message's own References may be copied: of the thread only its last message came back. */
function answeredIds(headers: HeaderBlock): string[] {
  const answered = idsIn(headers.raw('in-reply-to') ?? '')
  return answered.length > 0 ? answered.slice(-maxIds) : idsIn(headers.raw('references') ?? '').slice(-1)
}

const idsIn = (field: string): string[] =>
  [...field.slice(-8000).matchAll(/<[^<>\s]{3,250}>/g)].map(([id]) => id)

/** `local+<ref>@domain` for the mailbox `local@domain`: 128 random bits that nobody else knows. */
function ownRefs(field: string, mailbox: string): string[] {
  const at = mailbox.lastIndexOf('@')
  const [prefix, suffix] = [`${mailbox.slice(0, at)}+`, mailbox.slice(at)]
  return findAddresses(field.slice(0, 4000), maxIds).flatMap(({ address }) =>
    address.startsWith(prefix) && address.endsWith(suffix)
      ? refsIn(address.slice(prefix.length, -suffix.length))
      : [],
  )
}

const refsIn = (text: string): string[] =>
  /^\s*[0-9a-f]{32}\s*$/i.test(text) ? [text.trim().toLowerCase()] : []

const withBrackets = (id: string): string => (id.startsWith('<') ? id : `<${id}>`)
