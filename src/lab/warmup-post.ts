import type { Party } from './smtp-behaviours.ts'
import { type PostedMessage, readHeld } from './warmup-witness.ts'

interface WarmupPost {
  /** Share of what comes in that a mailbox's provider takes for junk on a day of the scene, by address. */
  junkShareOf(address: string, day: number): number
  holds(address: string): boolean
  deliver(address: string, message: Buffer, folder: 'INBOX' | 'Junk' | 'Sent'): void
}

/**
 * For `onAccepted` of an SMTP provider: mail between its own mailboxes is filed in its sender's Sent, and arrives in INBOX or in
 * Junk. Of each sender just the share that its receivers ask for lands in Junk, so that no sender has bad luck.
 */
export function createWarmupPost({ junkShareOf, holds, deliver }: WarmupPost) {
  const posted: PostedMessage[] = []
  const owed = new Map<string, number>()
  let day = 1

  function landsInJunk(from: string, to: string): boolean {
    const due = (owed.get(from) ?? 0.5) + junkShareOf(to, day)
    owed.set(from, due >= 1 ? due - 1 : due)
    return due >= 1
  }

  return {
    posted,
    setDay(now: number): void {
      day = now
    },
    onAccepted(headers: string, { recipient }: Party): void {
      const from = /^from:.*?([^\s<>]+@[^\s<>]+)/im.exec(headers)?.[1]?.toLowerCase() ?? ''
      const to = recipient.toLowerCase()
      if (!holds(to)) return
      const message = Buffer.from(`${headers}\r\n\r\n`, 'latin1')
      const folder = landsInJunk(from, to) ? 'Junk' : 'INBOX'
      if (holds(from)) deliver(from, message, 'Sent')
      deliver(to, message, folder)
      const { messageId, inReplyTo } = readHeld(headers)
      posted.push({ messageId, from, to, day, folder, inReplyTo })
    },
  }
}
