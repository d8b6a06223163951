import type { HeaderBlock } from '../mime/header-block.ts'
import type { InboundMail } from './inbound-mail.ts'

/** What a message may refer to one of ours by. The caller looks the values up; a plus token it verifies first. */
export interface MessageReference {
  by: 'plus_token' | 'ref' | 'returned_message_id' | 'in_reply_to' | 'references'
  /** A token or reference as written, a Message-ID with its angle brackets. */
  value: string
}

/** The newest ones: long threads carry hundreds. */
const maxReferences = 50
const maxFieldChars = 8_000
const maxTextChars = 50_000

const recipientFields = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'to', 'cc']
const plusToken = /[^\s@<>",;:+]{1,64}\+([^\s@<>",;:]{1,64})@[^\s@<>",;:]{1,255}/g
const messageId = /<[^<>\s@]{1,250}@[^<>\s@]{1,250}>/g
const quotedRef = /(?:^|\n)[> \t*]{0,40}x-rookery-ref\*?:[ \t]{0,8}([a-z0-9_-]{8,100})/gi

/** In order of trust: what only we could have made first, what mail programs copy last. No value twice. */
export function messageReferences(mail: InboundMail): MessageReference[] {
  const { headers, returnedHeaders } = mail
  const found: MessageReference[] = [
    ...all(
      'plus_token',
      recipientFields.flatMap((name) => tokensOf(headers, name)),
    ),
    ...all('ref', refsOf(mail)),
    ...all(
      'returned_message_id',
      returnedHeaders.flatMap((block) => idsOf(block, 'message-id')),
    ),
    ...all('in_reply_to', idsOf(headers, 'in-reply-to')),
    ...all('references', idsOf(headers, 'references').reverse()),
  ]
  return withoutRepeats(found).slice(0, maxReferences)
}

function all(by: MessageReference['by'], values: readonly string[]): MessageReference[] {
  return values.map((value) => ({ by, value }))
}

function tokensOf(headers: HeaderBlock, name: string): string[] {
  return headers
    .all(name)
    .flatMap((value) => [...value.slice(0, maxFieldChars).matchAll(plusToken)].map((match) => match[1] ?? ''))
}

function refsOf(mail: InboundMail): string[] {
  const stated = mail.returnedHeaders.flatMap((block) => block.all('x-rookery-ref'))
  const quoted = [...mail.text.slice(0, maxTextChars).matchAll(quotedRef)].map((match) => match[1] ?? '')
  return [...stated, ...quoted].map((ref) => ref.trim()).filter((ref) => /^[a-z0-9_-]{8,100}$/i.test(ref))
}

/** In-Reply-To may hold prose beside its Message-ID, and more than one (RFC 5322 section 3.6.4). */
function idsOf(headers: HeaderBlock, name: string): string[] {
  // The newest reference is the last: of a field that is too long its end counts.
  return headers
    .all(name)
    .flatMap((value) => value.replace(/\s+/g, ' ').slice(-maxFieldChars).match(messageId) ?? [])
}

function withoutRepeats(found: readonly MessageReference[]): MessageReference[] {
  const seen = new Set<string>()
  return found.filter(({ value }) => {
    const isNew = !seen.has(value)
    seen.add(value)
    return isNew
  })
}
