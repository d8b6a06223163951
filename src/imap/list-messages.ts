import type { FetchMessageObject } from 'imapflow'
import { isWanted, type SyncPlan } from './cursor.ts'
import { ImapError } from './errors.ts'
import type { ImapSession } from './imap-session.ts'
import { validDate } from './internal-date.ts'
import { uidRanges } from './uid-ranges.ts'

/** What the server says of a message besides its content. */
export interface MessageFacts {
  uid: number
  /** As the server dates it; undefined if it gives no date that can be read. */
  internalDate: Date | undefined
  flags: readonly string[]
  /** RFC822.SIZE: a hint, some servers estimate it. */
  size: number | undefined
}

export interface Listing {
  /** What the plan asks to be read, by UID, each once. */
  wanted: MessageFacts[]
  skipped: number
  /** The highest UID that the server showed, asked for or not; 0 if none. */
  highest: number
}

type ReadingPlan = Exclude<SyncPlan, { kind: 'nothing' }>
type ReseedPlan = Extract<SyncPlan, { kind: 'reseed' }>

const query = { uid: true, internalDate: true, flags: true, size: true } as const
/** No UID is above it, so "n:*" from here is the last message alone. */
const lastMessage = '4294967295:*'
const listedAtOnce = 500

/** Asks for the facts of the messages that a plan is about, in the open folder at `path`. */
export async function listMessages(session: ImapSession, path: string, plan: SyncPlan): Promise<Listing> {
  if (plan.kind === 'nothing') return { wanted: [], skipped: 0, highest: 0 }
  const look = new Look(session, path, plan)
  const unreadable = session.unreadableLines
  if (plan.kind === 'new') await look.note(`${plan.fromUid}:*`)
  else await noteByDate(look, plan)
  if (look.unsure || session.unreadableLines > unreadable) await noteUnlisted(look)
  return look.listing()
}

/**
 * The last message first: the cursor may only pass what was there before the search. The search only spares listing what is far
 * too old; what it finds is judged by its INTERNALDATE like all else. One that is refused, or finds nothing although the
 * last message is recent enough, is not relied on.
 */
async function noteByDate(look: Look, plan: ReseedPlan): Promise<void> {
  await look.note(lastMessage)
  const found = await look.session.search({ uid: `${plan.fromUid}:*`, since: plan.hint })
  const relied = found !== undefined && (found.length > 0 || look.wanted.size === 0)
  const sets = relied ? uidRanges(found, listedAtOnce) : [`${plan.fromUid}:*`]
  for (const uids of sets) await look.note(uids)
}

/** What the server said of some messages could not be read: they are read all the same, whatever their date. */
async function noteUnlisted(look: Look): Promise<void> {
  const { session, path, plan } = look
  const since = plan.kind === 'reseed' ? { since: plan.hint } : {}
  const uids = await session.search({ uid: `${plan.fromUid}:*`, ...since })
  if (!uids)
    throw (
      look.refusal ??
      new ImapError('protocol', `list "${path}": the answer could not be read, and UID SEARCH is refused`)
    )
  for (const uid of uids) look.noteUndated(uid)
}

/** A listing under way. */
class Look {
  readonly session: ImapSession
  readonly path: string
  readonly plan: ReadingPlan
  readonly wanted = new Map<number, MessageFacts>()
  /** Something was said of a message, but not what was asked. */
  unsure = false
  /** A listing that the server refused, perhaps for the sake of one message. */
  refusal: ImapError | undefined
  /** Of the unwanted, perhaps a million, only the UIDs. */
  readonly #passed = new Set<number>()
  #highest = 0

  constructor(session: ImapSession, path: string, plan: ReadingPlan) {
    this.session = session
    this.path = path
    this.plan = plan
  }

  async note(uids: string): Promise<void> {
    const before = this.#count
    try {
      for await (const row of this.session.fetch(this.path, uids, query)) this.#read(row)
    } catch (error) {
      // A server that gives nothing at all may be out of order: no message is to blame.
      if (!(error instanceof ImapError) || error.kind !== 'protocol' || this.#count === before) throw error
      this.refusal = error
      this.unsure = true
    }
  }

  #read({ uid, internalDate, flags, size }: FetchMessageObject): void {
    // With neither it is no answer, but a change of flags announced meanwhile (RFC 3501 section 7.4.2).
    if (internalDate === undefined && size === undefined) this.unsure ||= !this.#isKnown(uid)
    else this.#add({ uid, internalDate: validDate(internalDate), flags: [...(flags ?? [])], size })
  }

  noteUndated(uid: number): void {
    if (!this.#isKnown(uid)) this.#add({ uid, internalDate: undefined, flags: [], size: undefined })
  }

  listing(): Listing {
    const skipped = [...this.#passed].filter((uid) => uid >= this.plan.fromUid).length
    const wanted = [...this.wanted.values()].sort((a, b) => a.uid - b.uid)
    return { wanted, skipped, highest: this.#highest }
  }

  #add(message: MessageFacts): void {
    this.#highest = Math.max(this.#highest, message.uid)
    if (isWanted(this.plan, message)) this.wanted.set(message.uid, message)
    else this.#passed.add(message.uid)
  }

  get #count(): number {
    return this.wanted.size + this.#passed.size
  }

  #isKnown(uid: number): boolean {
    return this.wanted.has(uid) || this.#passed.has(uid)
  }
}
