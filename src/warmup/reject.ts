/** Why a message that bears a token is no warmup of its mailbox. */
export type RejectReason = 'forged' | 'misdirected' | 'replayed'

export interface TokenBearer {
  /** We made the token. */
  isOurs: boolean
  from: string | undefined
  /** The mailbox that got the message. */
  mailbox: string
  /** What the mailbox knows of the token: that it sends it, or that its partner does. */
  exchanges: readonly { side: 'sender' | 'receiver'; partner: string }[]
  /** No mailbox knows the token any more: its conversation was deleted. */
  isForgotten: boolean
  /** The mailbox got another message with this token before. */
  seenBefore: boolean
}

/** Undefined for the one message of an exchange, for a sender's copy of its own, and where nobody can tell any more. */
export function whyRejected(bearer: TokenBearer): RejectReason | undefined {
  const { isOurs, from, mailbox, exchanges, isForgotten, seenBefore } = bearer
  if (!isOurs) return 'forged'
  if (isForgotten) return undefined
  if (exchanges.some(({ side }) => side === 'sender') && from === mailbox) return undefined
  const expected = exchanges.find(({ side }) => side === 'receiver')
  if (!expected) return 'misdirected'
  return seenBefore || from !== expected.partner ? 'replayed' : undefined
}
