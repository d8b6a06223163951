import { splitHeaders } from '../mime/header-block.ts'
import { decodedBytes, type MailPart } from '../mime/read-mail.ts'
import { findAddresses } from './addresses.ts'
import { maxOriginalChars } from './limits.ts'
import type { ReportParts } from './report-parts.ts'
import type { OriginalMessage } from './verdict.ts'

const kept = new Set([
  'message-id',
  'to',
  'from',
  'subject',
  'date',
  'return-path',
  'reply-to',
  'in-reply-to',
  'references',
  'list-unsubscribe',
  'feedback-id',
])
const maxKeptHeaders = 60

/** Nothing was returned. */
export const noMessage: OriginalMessage = { messageId: null, verp: null, to: null, date: null, headers: {} }

/** The returned fields of our message: from its own part, else from the text below the notice. */
export function originalMessage(parts: ReportParts, returnedText: string): OriginalMessage {
  const headers = returnedHeaders(parts.returned, returnedText)
  return {
    messageId:
      /<([^<>\s]{3,250})>/.exec(headers['message-id'] ?? '')?.[1] ??
      headers['message-id']?.slice(0, 250) ??
      null,
    verp: findAddresses(parts.root.headers.raw('to')?.slice(0, 2000) ?? '')[0]?.address ?? null,
    to: findAddresses(headers.to?.slice(0, 2000) ?? '')[0]?.address ?? null,
    date: headers.date?.slice(0, 100) ?? null,
    headers,
  }
}

function returnedHeaders(part: MailPart | undefined, text: string): Record<string, string> {
  const block = part ? blockOf(part) : splitHeaders(text.slice(0, maxOriginalChars)).headers
  const headers: Record<string, string> = {}
  for (const { name, raw } of block.fields) {
    if (Object.keys(headers).length >= maxKeptHeaders) break
    if ((kept.has(name) || name.startsWith('x-')) && headers[name] === undefined)
      headers[name] = raw.slice(0, 1000)
  }
  return headers
}

/** `text/rfc822-headers` has the fields in its body, an attached message in its headers. */
function blockOf(part: MailPart): MailPart['headers'] {
  if (!part.contentType.type.includes('rfc822-header') && !part.contentType.type.includes('global-headers'))
    return part.headers
  return splitHeaders(decodedBytes(part).slice(0, maxOriginalChars).trimStart()).headers
}
