import { type AnswerKind, answerOf, returnDate } from './demo-answers.ts'
import { type ImapProvider, startImapProvider } from './imap-provider.ts'
import { readOriginal } from './reply-message.ts'
import { createSentFiling, type SentFiling } from './sent-filing.ts'
import type { Party } from './smtp-behaviours.ts'

/** An answer that was put into a sender's mailbox. */
export interface MadeAnswer {
  kind: AnswerKind
  format: string
  recipient: string
  /** Of the email that is answered, with its angle brackets. */
  messageId: string
  /** YYYY-MM-DD, in UTC: the day that an absence note names. */
  returnsOn?: string
}

/** The senders' mailboxes, and the recipients who write into them. */
export interface DemoMailboxes {
  /** Of IMAP, by address. */
  ports: Record<string, number>
  made: MadeAnswer[]
  /** A message has been accepted: it is filed in its sender's Sent, and its recipient may answer the first one it gets. */
  onAccepted(headers: string, party: Party): void
}

export async function startDemoMailboxes(
  addresses: readonly string[],
  password: string,
  filing: SentFiling,
): Promise<DemoMailboxes> {
  const mailboxes = new Map<string, ImapProvider>()
  for (const username of addresses) mailboxes.set(username, await startImapProvider({ username, password }))
  const fileSent = createSentFiling(filing, (address, message) => {
    mailboxes.get(address)?.deliver(message, { folder: 'Sent', flags: ['\\Seen'] })
  })
  const met = new Set<string>()
  const made: MadeAnswer[] = []
  return {
    ports: Object.fromEntries([...mailboxes].map(([address, { port }]) => [address, port])),
    made,
    onAccepted(headers, party) {
      fileSent(headers, party)
      const { sender, recipient } = party
      const answer = answerOf(recipient)
      if (!answer || met.has(recipient)) return
      met.add(recipient)
      const original = readOriginal(Buffer.from(headers, 'latin1'), { from: sender, to: recipient })
      const now = new Date()
      mailboxes.get(original.from)?.deliver(answer.make({ original, now }), { folder: answer.folder })
      const { kind, format } = answer
      const absence = kind === 'out_of_office' && { returnsOn: returnDate(now).toISOString().slice(0, 10) }
      made.push({ kind, format, recipient, messageId: original.messageId, ...absence })
    },
  }
}
