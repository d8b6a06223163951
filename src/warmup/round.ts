import { answeredWithinMs, filedAfter, type Reaction, type Reactor, reactionTo } from './human-time.ts'

/** What is done with a message once it was found, in this order. */
export const steps = ['rescued', 'read', 'flagged', 'replied', 'filed'] as const
export type Step = (typeof steps)[number]

/** The receiving side of an exchange that is not finished. */
export interface OpenExchange {
  id: string
  token: string
  partner: string
  depth: number
  plannedAt: Date
  foundAt: Date | null
  placement: 'inbox' | 'junk' | null
  actAfter: Date | null
  wantsReply: boolean
  replyAfter: Date | null
  done: readonly Step[]
}

/** A message that bears the token of an exchange; `filed` is the folder that warmup messages end in. */
export interface FoundMessage {
  token: string
  folder: 'inbox' | 'junk' | 'filed'
  uid: number
  internalDate: Date
  /** That it bears, such as `\\Seen`. */
  flags: ReadonlySet<string>
  from: string | undefined
  /** As the message bears them, for an answer to it. */
  messageId: string | undefined
  references: readonly string[]
  subject: string
  /** False for what a program sent (RFC 3834 section 2). */
  mayAnswer: boolean
}

export interface RoundPolicy extends Reactor {
  /** A mailbox that is paused or quarantined puts away what it has, and writes nothing. */
  mayWrite: boolean
}

export interface Arrival extends Reaction {
  exchange: OpenExchange
  placement: 'inbox' | 'junk'
}

export interface Action {
  exchange: OpenExchange
  step: Step
  message: FoundMessage
  /** Copies of it where it came from: a move without MOVE (RFC 6851) was cut off after its COPY. */
  behind: readonly FoundMessage[]
}

export interface Ending {
  exchange: OpenExchange
  note: string
}

export interface Round {
  arrivals: Arrival[]
  actions: Action[]
  endings: Ending[]
}

const dayMs = 86_400_000
/** A message that did not come within a week was lost. */
const comesWithinMs = 7 * dayMs
const givenUpAfterMs = 14 * dayMs

/**
 * What is due in one round. `complete`: every folder was read to its end, so a message that is not there is gone. A
 * message that is found now is acted on in a later round.
 */
export function decideRound(
  exchanges: readonly OpenExchange[],
  messages: readonly FoundMessage[],
  policy: RoundPolicy,
  now: Date,
  complete: boolean,
): Round {
  const round: Round = { arrivals: [], actions: [], endings: [] }
  const byToken = Map.groupBy(messages, ({ token }) => token)
  for (const exchange of exchanges) {
    const [message, ...behind] = copiesOf(exchange, byToken.get(exchange.token) ?? [])
    if (message && !exchange.foundAt) round.arrivals.push(arrivalOf(exchange, message, policy, now))
    else if (message) round.actions.push(...actionsOn(exchange, message, behind, policy, now))
    const note = endingOf(exchange, message, now, complete)
    if (note) round.endings.push({ exchange, note })
  }
  return round
}

/**
 * The first that its partner sent: whoever repeats a token later, or takes it for a message of its own, is not answered.
 * Where it lies in several folders, as COPY leaves it (with its date, RFC 3501 section 6.4.7), the furthest one goes first.
 */
function copiesOf({ partner }: OpenExchange, messages: readonly FoundMessage[]): FoundMessage[] {
  const own = messages
    .filter(({ from }) => from === partner)
    .sort((a, b) => a.internalDate.getTime() - b.internalDate.getTime() || a.uid - b.uid)
  const isCopy = ({ messageId, internalDate }: FoundMessage) =>
    messageId === own[0]?.messageId && internalDate.getTime() === own[0]?.internalDate.getTime()
  const byFolder = Map.groupBy(own.filter(isCopy), ({ folder }) => folder)
  return (['filed', 'inbox', 'junk'] as const).flatMap((folder) => byFolder.get(folder)?.[0] ?? [])
}

function arrivalOf(exchange: OpenExchange, message: FoundMessage, policy: RoundPolicy, now: Date): Arrival {
  const placement = message.folder === 'junk' ? 'junk' : 'inbox'
  return { exchange, placement, ...reactionTo({ ...message, depth: exchange.depth }, policy, now) }
}

function actionsOn(
  exchange: OpenExchange,
  message: FoundMessage,
  behind: readonly FoundMessage[],
  policy: RoundPolicy,
  now: Date,
): Action[] {
  const { actAfter, done, placement } = exchange
  // Filed by a round that ended before it could say so.
  if (message.folder === 'filed') return [{ exchange, message, behind, step: 'filed' }]
  if (!actAfter || now < actAfter) return []
  const wasJunk = placement === 'junk' || message.folder === 'junk'
  const isOutOfJunk =
    message.folder === 'inbox' && (!wasJunk || done.includes('rescued') || behind.length === 0)
  const reply = replyOf(exchange, message, policy, now)
  const due: Record<Step, boolean> = {
    rescued: wasJunk,
    read: true,
    flagged: true,
    replied: reply === 'due',
    // Out of Junk first: it has another number in INBOX, by which the next round files it.
    filed: isOutOfJunk && reply !== 'later' && now >= fileTime(exchange, actAfter, policy),
  }
  return steps
    .filter((step) => due[step] && !done.includes(step))
    .map((step) => ({ exchange, message, behind, step }))
}

function replyOf(
  { wantsReply, replyAfter, done }: OpenExchange,
  { internalDate, mayAnswer }: FoundMessage,
  { mayWrite }: RoundPolicy,
  now: Date,
): 'never' | 'later' | 'due' {
  const isLate = now.getTime() - internalDate.getTime() > answeredWithinMs
  if (!wantsReply || !replyAfter || !mayWrite || !mayAnswer || isLate || done.includes('replied'))
    return 'never'
  return now < replyAfter ? 'later' : 'due'
}

function fileTime({ token, replyAfter }: OpenExchange, actAfter: Date, { seed }: RoundPolicy): Date {
  return filedAfter(token, replyAfter ?? actAfter, seed)
}

function endingOf(
  { foundAt, plannedAt }: OpenExchange,
  message: FoundMessage | undefined,
  now: Date,
  complete: boolean,
): string | undefined {
  if (!foundAt && !message)
    return now.getTime() - plannedAt.getTime() > comesWithinMs ? 'it never came' : undefined
  if (!message && complete) return 'somebody deleted or moved it'
  return foundAt && now.getTime() - foundAt.getTime() > givenUpAfterMs
    ? 'it could not be put away within two weeks'
    : undefined
}
