import type { HeaderBlock } from '../mime/header-block.ts'
import { foldText } from './fold.ts'
import { denial, footer, refusals, requests } from './unsubscribe-wording.ts'

export interface UnsubscribeRequest {
  how: 'mailto' | 'typed'
  evidence: string
}

/** A request is short: in a long letter the word is about something else. */
const maxRequestChars = 600
const maxMailtoBodyChars = 400

/** Mail that a client sends for the link of List-Unsubscribe (RFC 2369): the subject or a recipient says all there is. */
export function readMailtoUnsubscribe(headers: HeaderBlock, newText: string): UnsubscribeRequest | undefined {
  const recipients = ['to', 'delivered-to', 'x-original-to'].flatMap((name) => headers.all(name)).join(' ')
  if (/\+(?:unsubscribe|unsub)(?:[._=+-][^\s@]{1,100})?@/i.test(recipients.slice(0, 4_000)))
    return { how: 'mailto', evidence: 'sent to an address for unsubscribing' }
  const subject = foldText(headers.decoded('subject') ?? '', 300).trim()
  const body = foldText(newText, maxMailtoBodyChars + 1).trim()
  if (body.length > maxMailtoBodyChars) return undefined
  if (/^unsubscribe(?:[ :=_-]{1,3}[\w.=+-]{6,120})?$/.test(subject))
    return { how: 'mailto', evidence: 'the subject that a mail program sends to unsubscribe' }
  const isBare =
    /^(?:no subject|\(no subject\))?$/.test(subject) && /^unsubscribe(?:[ :=_-][\w.=+-]{6,120})?$/.test(body)
  return isBare ? { how: 'mailto', evidence: 'the body that a mail program sends to unsubscribe' } : undefined
}

/** A request that a person typed, in what is new of the message. */
export function readTypedUnsubscribe(newText: string): UnsubscribeRequest | undefined {
  if (newText.length > maxRequestChars) return undefined
  const text = foldText(newText, maxRequestChars).trim()
  if (refusals.some((refusal) => refusal.test(text)))
    return { how: 'typed', evidence: 'the text refuses further mail' }
  return requests.some((request) => asks(text, request))
    ? { how: 'typed', evidence: 'the text asks to be taken off' }
    : undefined
}

function asks(text: string, request: RegExp): boolean {
  const match = request.exec(text)
  if (!match) return false
  const before = text.slice(Math.max(0, match.index - 45), match.index)
  if (denial.test(before) || denial.test(`${match[0]} `)) return false
  const lineEnd = text.indexOf('\n', match.index)
  const line = text.slice(text.lastIndexOf('\n', match.index) + 1, lineEnd < 0 ? text.length : lineEnd)
  return !footer.test(line)
}
