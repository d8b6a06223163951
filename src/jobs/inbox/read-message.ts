import { parseReport } from '../../bounces/parse-report.ts'
import { type Attachment, toInboundMail } from '../../inbox/inbound-mail.ts'
import { readSender } from '../../inbox/senders.ts'
import { type MessageReference, messageReferences } from '../../inbox/thread.ts'
import { type Triage, triage } from '../../inbox/triage.ts'
import { readMail } from '../../mime/read-mail.ts'
import { findToken, tokenHeader } from '../../warmup/token.ts'

/** What a message says, as far as anything follows from it. */
export interface ReadMessage {
  triage: Triage
  references: MessageReference[]
  attachments: readonly Attachment[]
  from: string | undefined
  to: string | undefined
  subject: string | undefined
  messageId: string | undefined
  inReplyTo: string | undefined
  /** Of warmup, as the message has it, genuine or not. */
  warmupToken: string | undefined
  text: string
}

const maxFieldChars = 1_000

/** Everything that depends on the bytes alone; `date` and `zone` are what relative dates count from, `isOurToken` knows tokens of warmup. */
export function readMessage(
  bytes: Uint8Array,
  date: Date,
  zone: string,
  isOurToken: (token: string) => boolean,
): ReadMessage {
  const report = parseReport(bytes)
  const mail = toInboundMail(readMail(bytes), report)
  const { headers } = mail
  const token = findToken({
    tokenHeader: headers.raw(tokenHeader.toLowerCase()),
    messageId: headers.raw('message-id'),
  })
  const isWarmup = () => token !== undefined && isOurToken(token)
  const field = (name: string) => headers.decoded(name)?.replace(/\s+/g, ' ').trim().slice(0, maxFieldChars)
  return {
    triage: triage(mail, { date, zone, isWarmup }),
    references: messageReferences(mail),
    attachments: mail.attachments,
    from: readSender(headers).address,
    to: field('to'),
    subject: field('subject'),
    messageId: field('message-id'),
    inReplyTo: field('in-reply-to'),
    warmupToken: token,
    text: mail.text,
  }
}
