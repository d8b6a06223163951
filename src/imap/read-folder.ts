import { Readable } from 'node:stream'
import {
  type FolderCursor,
  isWanted,
  planAfterLook,
  planSync,
  type SyncPlan,
  type SyncPolicy,
} from './cursor.ts'
import { ImapError } from './errors.ts'
import type { ImapSession } from './imap-session.ts'
import { validDate } from './internal-date.ts'
import { messageBytes } from './message-bytes.ts'
import { uidRanges } from './uid-ranges.ts'

export interface FolderMessage {
  uid: number
  /** As the server dates it; undefined if it gives no date that can be read. */
  internalDate: Date | undefined
  flags: readonly string[]
  /** RFC822.SIZE: a hint, some servers estimate it. */
  size: number | undefined
  /**
   * The raw message, read from the server as fast as it is consumed. May be destroyed at any point; the rest is then never
   * asked for. Works until another folder is opened. Fails with ImapError, `message_gone` if it was deleted meanwhile.
   */
  open(): Readable
}

/** Messages in UID order. */
export interface FolderReading extends AsyncIterable<FolderMessage> {
  readonly plan: SyncPlan
  readonly uidValidity: number
  /** Messages passed over because they are older than the policy asks for. */
  readonly skipped: number
  /**
   * Where the next reading starts: past every message whose successor was asked for, and past all once the iteration has ended.
   */
  readonly cursor: FolderCursor
}

type Row = Omit<FolderMessage, 'open'>
type ReadingPlan = Exclude<SyncPlan, { kind: 'nothing' }>

const metadata = { uid: true, internalDate: true, flags: true, size: true } as const
/** Any UID is below it, so "n:*" from here is the last message alone. */
const lastUid = '4294967295:*'
const searchedAtOnce = 500

/** Opens the folder and lists what the cursor and the policy leave to be read; bodies only come with `open()`. */
export async function readFolder(
  session: ImapSession,
  path: string,
  cursor: FolderCursor | undefined,
  policy: SyncPolicy,
): Promise<FolderReading> {
  const state = await session.reopen(path)
  let plan = planSync(cursor, state, policy)
  let listing = await list(session, path, plan)
  const second =
    cursor && plan.kind === 'new' ? planAfterLook(cursor, state, policy, listing.highest) : undefined
  if (second) {
    plan = second
    listing = await list(session, path, plan)
  }
  const { uidValidity } = state
  const finished = (lastUid: number): FolderCursor => ({
    uidValidity,
    lastUid,
    highestModseq: state.highestModseq ?? null,
    reseeding: false,
  })
  const reading = {
    plan,
    uidValidity,
    skipped: listing.skipped,
    cursor:
      plan.kind === 'nothing'
        ? finished(cursor?.lastUid ?? 0)
        : { uidValidity, lastUid: plan.fromUid - 1, highestModseq: null, reseeding: plan.kind === 'reseed' },
    async *[Symbol.asyncIterator]() {
      for (const row of listing.rows) {
        yield { ...row, open: () => Readable.from(messageBytes(session, path, row), { objectMode: false }) }
        reading.cursor = { ...reading.cursor, lastUid: row.uid }
      }
      reading.cursor = finished(Math.max(reading.cursor.lastUid, listing.highest))
    },
  }
  return reading
}

interface Listing {
  /** Ascending, each UID once. */
  rows: Row[]
  skipped: number
  /** The highest UID that the server showed, asked for or not. */
  highest: number
}

async function list(session: ImapSession, path: string, plan: SyncPlan): Promise<Listing> {
  if (plan.kind === 'nothing') return { rows: [], skipped: 0, highest: 0 }
  const seen = new Map<number, Row>()
  const unreadable = session.unreadableLines
  for (const uids of await uidsToList(session, path, plan)) {
    for await (const row of rows(session, path, uids)) {
      // A change of flags announced meanwhile (RFC 3501 section 7.4.2) has a UID, but not the date that decides.
      if (!seen.get(row.uid)?.internalDate) seen.set(row.uid, row)
    }
  }
  if (session.unreadableLines > unreadable) await addUnlisted(session, path, plan, seen)
  const all = [...seen.values()].sort((a, b) => a.uid - b.uid)
  const wanted = all.filter((row) => isWanted(plan, row))
  const skipped = all.filter(({ uid }) => uid >= plan.fromUid).length - wanted.length
  return { rows: wanted, skipped, highest: all.at(-1)?.uid ?? 0 }
}

/** What the server said of some messages could not be read: they are read all the same, whatever their date. */
async function addUnlisted(session: ImapSession, path: string, plan: ReadingPlan, seen: Map<number, Row>) {
  const uids = await session.search({
    uid: `${plan.fromUid}:*`,
    ...(plan.kind === 'reseed' && { since: plan.hint }),
  })
  if (!uids)
    throw new ImapError('protocol', `list "${path}": the answer could not be read, and UID SEARCH is refused`)
  for (const uid of uids)
    if (!seen.has(uid)) seen.set(uid, { uid, internalDate: undefined, flags: [], size: undefined })
}

/** The search only spares listing what is far too old; what it finds is judged by its INTERNALDATE like all else. */
async function uidsToList(session: ImapSession, path: string, plan: ReadingPlan): Promise<string[]> {
  const all = [`${plan.fromUid}:*`]
  if (plan.kind === 'new') return all
  const found = await session.search({ uid: `${plan.fromUid}:*`, since: plan.hint })
  if (!found || (found.length === 0 && (await lastIsWanted(session, path, plan)))) return all
  // The last message is asked for in any case: past it lies what arrives later.
  return [lastUid, ...uidRanges(found, searchedAtOnce)]
}

/** A search that finds nothing although the last message is recent enough is not to be believed. */
async function lastIsWanted(session: ImapSession, path: string, plan: ReadingPlan): Promise<boolean> {
  let wanted = false
  for await (const row of rows(session, path, lastUid)) wanted ||= isWanted(plan, row)
  return wanted
}

async function* rows(session: ImapSession, path: string, uids: string): AsyncGenerator<Row> {
  for await (const { uid, internalDate, flags, size } of session.fetch(path, uids, metadata)) {
    yield { uid, internalDate: validDate(internalDate), flags: flags ? [...flags] : [], size }
  }
}
