import { splitHeaders } from '../../mime/header-block.ts'
import { addressOfField } from '../addresses.ts'
import { maxRecipients } from '../limits.ts'
import type { ReportParts } from '../report-parts.ts'

export interface Feedback {
  feedbackType: string
  addresses: string[]
}

/** Complaints of mailbox providers (RFC 5965, 6591, 9477), and Hotmail's older form without a report part. */
export function readFeedback(parts: ReportParts): Feedback | undefined {
  const body = parts.feedbackReport[0]
  if (body !== undefined) return readFeedbackReport(body)
  return readJunkMailReport(parts) ?? readPastedFeedback(parts)
}

/** A report whose part lost its type: the fields stand in the text, or the header or the first line of RFC 5965 says what it is. */
function readPastedFeedback(parts: ReportParts): Feedback | undefined {
  const pasted = /^Feedback-Type:/im.test(parts.notice) && /^(?:User-Agent|Version):/im.test(parts.notice)
  const declared = parts.root.contentType.params.get('report-type')?.toLowerCase() === 'feedback-report'
  const opening = /^\s{0,20}This is an? (?:e-?mail )?(?:abuse|spam) (?:report|complaint)/i.test(parts.notice)
  return pasted || declared || (opening && parts.returned) ? readFeedbackReport(parts.notice) : undefined
}

function readFeedbackReport(body: string): Feedback {
  // AOL puts MIME fields and a blank line before the report itself.
  const start = /^[ \t]{0,4}feedback-type[ \t]{0,4}:/im.exec(body)?.index ?? 0
  const { headers } = splitHeaders(
    splitHeaders(body).headers.has('feedback-type') ? body.trimStart() : body.slice(start),
  )
  const named = [
    ...headers.all('original-rcpt-to'),
    ...headers.all('removal-recipient'),
    ...headers.all('original-recipient'),
  ]
  const addresses = new Set(named.map(addressOfField).filter((address) => address !== undefined))
  const feedbackType =
    /^[a-z-]{3,40}/.exec(headers.raw('feedback-type')?.toLowerCase().trim() ?? '')?.[0] ?? 'abuse'
  return { feedbackType, addresses: [...addresses].slice(0, maxRecipients) }
}

/** Hotmail: subject "complaint about message from 192.0.2.1", the message attached, X-HmXmrOriginalRecipient in its header. */
function readJunkMailReport(parts: ReportParts): Feedback | undefined {
  const { headers } = parts.root
  const recipient = parts.returned?.headers.raw('x-hmxmroriginalrecipient')
  const subject = headers.decoded('subject') ?? ''
  if (recipient === undefined && !(parts.returned && /^complaint about message from/i.test(subject)))
    return undefined
  const address = addressOfField(recipient ?? '')
  return { feedbackType: 'abuse', addresses: address ? [address] : [] }
}
