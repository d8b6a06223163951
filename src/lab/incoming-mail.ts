import { type JunkShares, landsInJunk } from './junk-share.ts'
import type { Party } from './smtp-behaviours.ts'

/** A message that was put into its recipient's mailbox. */
export interface Delivered {
  address: string
  folder: 'INBOX' | 'Junk'
  /** YYYY-MM-DD in UTC, by the provider's clock. */
  day: string
  /** With its angle brackets. */
  messageId: string
}

interface IncomingMail {
  shares: JunkShares
  /** The mailboxes that the provider holds; mail to anybody else leaves it. */
  holds(address: string): boolean
  deliver(address: string, message: Buffer, options: { folder: 'INBOX' | 'Junk'; internalDate: Date }): void
  now(): Date
}

/** For `onAccepted` of the SMTP provider: mail between its own mailboxes arrives there, in INBOX or in Junk. */
export function createIncomingMail(incoming: IncomingMail) {
  const delivered: Delivered[] = []
  return {
    delivered,
    onAccepted(headers: string, { recipient }: Party): void {
      const address = recipient.toLowerCase()
      if (!incoming.holds(address)) return
      const internalDate = incoming.now()
      const day = internalDate.toISOString().slice(0, 10)
      const messageId = /^message-id:\s*(<[^<>\s]+>)/im.exec(headers)?.[1] ?? ''
      const folder = landsInJunk(incoming.shares, { address, day, messageId }) ? 'Junk' : 'INBOX'
      incoming.deliver(address, Buffer.from(`${headers}\r\n\r\n`, 'latin1'), { folder, internalDate })
      delivered.push({ address, folder, day, messageId })
    },
  }
}
