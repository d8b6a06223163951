/** A message that the provider took from one of its mailboxes for another. */
export interface PostedMessage {
  messageId: string
  from: string
  to: string
  /** Of the scene, from 1. */
  day: number
  /** Where the provider put it. */
  folder: 'INBOX' | 'Junk'
  /** The message that it answers; undefined: it begins a conversation. */
  inReplyTo: string | undefined
}

/** A message as it lies in a mailbox now. */
export interface HeldMessage {
  mailbox: string
  folder: string
  messageId: string
  inReplyTo: string | undefined
  references: string[]
  subject: string
  flags: string[]
}

/** Something that a client did to a message: `+\Seen`, or `Junk → INBOX`. */
export interface MessageChange {
  mailbox: string
  messageId: string
  what: string
}

/** What a provider knows of the mail between its mailboxes: nothing of it is ours. */
export interface WarmupWitness {
  posted: PostedMessage[]
  held: HeldMessage[]
  changes: MessageChange[]
  /** Connections that it cut after it had done what was asked, before it said so. */
  cuts: number
}

const ids = (text: string | undefined): string[] => text?.match(/<[^<>\s]+>/g) ?? []

/** What the headers of a message say of itself. */
export function readHeld(
  headers: string,
): Pick<HeldMessage, 'messageId' | 'inReplyTo' | 'references' | 'subject'> {
  const unfolded = headers.replace(/\r?\n[ \t]+/g, ' ')
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\r?$`, 'im').exec(unfolded)?.[1]
  return {
    messageId: ids(field('message-id'))[0] ?? '',
    inReplyTo: ids(field('in-reply-to'))[0],
    references: ids(field('references')),
    subject: field('subject') ?? '',
  }
}
