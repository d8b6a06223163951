/** Where in a session the provider can misbehave; `body` is after 354 and before the final dot, `dot` after it. */
export type Phase = 'connect' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'body' | 'dot'

export type Misbehaviour =
  | { do: 'reply'; code: number; text: string }
  /** Closes the connection without a word. After the dot, `keep` says whether the message was accepted all the same. */
  | { do: 'drop'; keep?: boolean }
  | { do: 'hang'; keep?: boolean }
  | { do: 'delay'; ms: number }

/** One thing that goes wrong; with `times`, only for the first so many messages of each recipient. */
export type Behaviour = Misbehaviour & { at: Phase; times?: number }

/** Keyed by domain: the sender's at MAIL, the recipient's from RCPT on; `*` is every session and every domain without its own. */
export type Behaviours = Readonly<Record<string, Behaviour>>

/** The standard recipient domains (`reject-mail.test` and `drop-mail.test` are for senders); any other domain accepts. */
export const standardBehaviours: Behaviours = {
  'greylist.test': {
    at: 'RCPT',
    do: 'reply',
    code: 450,
    text: '4.7.1 Recipient address rejected: Greylisted',
    times: 1,
  },
  'reject-mail.test': {
    at: 'MAIL',
    do: 'reply',
    code: 550,
    text: '5.1.8 Access denied, bad outbound sender',
  },
  'reject-rcpt.test': { at: 'RCPT', do: 'reply', code: 550, text: '5.1.1 The account does not exist' },
  'reject-data.test': { at: 'DATA', do: 'reply', code: 554, text: '5.5.1 No valid recipients' },
  'reject-dot.test': { at: 'dot', do: 'reply', code: 554, text: '5.7.1 Message refused by policy' },
  'defer-dot.test': {
    at: 'dot',
    do: 'reply',
    code: 451,
    text: '4.3.0 Mail server temporarily rejected message',
  },
  'drop-mail.test': { at: 'MAIL', do: 'drop' },
  'drop-rcpt.test': { at: 'RCPT', do: 'drop' },
  'drop-before-dot.test': { at: 'body', do: 'drop' },
  'drop-after-dot.test': { at: 'dot', do: 'drop', keep: true },
  'discard-after-dot.test': { at: 'dot', do: 'drop', keep: false },
  'hang-after-dot.test': { at: 'dot', do: 'hang', keep: true },
  'slow.test': { at: 'dot', do: 'delay', ms: 200 },
  'full.test': { at: 'RCPT', do: 'reply', code: 452, text: '4.2.2 The mailbox is over quota' },
  'limit.test': { at: 'RCPT', do: 'reply', code: 421, text: '4.7.0 Too much mail from you, try again later' },
}

/** Who is being served, as far as the session knows it. */
export interface Party {
  sender: string
  recipient: string
}

const senderPhases: readonly Phase[] = ['connect', 'EHLO', 'STARTTLS', 'AUTH', 'MAIL']

/** What the table asks for at this point, not minding `times`. */
export function behaviourAt(
  table: Behaviours,
  phase: Phase,
  { sender, recipient }: Party,
): Behaviour | undefined {
  const address = senderPhases.includes(phase) ? sender : recipient
  const behaviour = table[address.slice(address.lastIndexOf('@') + 1).toLowerCase()] ?? table['*']
  return behaviour?.at === phase ? behaviour : undefined
}
