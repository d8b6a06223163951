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
  /** The mailbox got another message with this token before. */
  seenBefore: boolean
}

/** Undefined for the one message of an exchange, and for a sender's copy of its own. */
export function whyRejected(bearer: TokenBearer): RejectReason | undefined {
  const { isOurs, from, mailbox, exchanges, seenBefore } = bearer
  if (!isOurs) return 'forged'
  if (exchanges.some(({ side }) => side === 'sender') && from === mailbox) return undefined
  const expected = exchanges.find(({ side }) => side === 'receiver')
  if (!expected) return 'misdirected'
  return seenBefore || from !== expected.partner ? 'replayed' : undefined
}
