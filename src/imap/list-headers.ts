import type { ImapSession } from './imap-session.ts'
import { validDate } from './internal-date.ts'
import { uidRanges } from './uid-ranges.ts'

export interface ListedHeaders {
  uid: number
  internalDate: Date | undefined
  /** Such as `\\Seen`. */
  flags: ReadonlySet<string>
  /** With its angle brackets; undefined if it has none, or one nobody could have given it. */
  messageId: string | undefined
  /** Our X-Rookery-Ref. */
  ref: string | undefined
  /** Of a field that was asked for, unfolded; the first if there are several. */
  field(name: string): string | undefined
}

const readAtOnce = 200
const dayMs = 86_400_000
const always = ['message-id', 'x-rookery-ref']

interface Range {
  since: Date
  before: Date
  /** Names, lower case, of what is read beside the ids. */
  fields?: readonly string[]
  /** The server listed messages, and then said nothing of their headers. */
  onUnread?: (uids: readonly number[]) => void
}

/**
 * The ids of every message of a folder dated in [since, before), in UID order, for those who look for one that may be there:
 * many servers do not search headers they do not index, and then say "none".
 */
export async function* listHeaders(
  session: ImapSession,
  path: string,
  { since, before, fields = [], onUnread }: Range,
): AsyncGenerator<ListedHeaders> {
  await session.reopen(path)
  const hint = { since: new Date(since.getTime() - dayMs), before: new Date(before.getTime() + 2 * dayMs) }
  const found = await session.search(hint)
  for (const uids of found ? inParts(found) : [undefined]) {
    const [set = '1:*'] = uids ? uidRanges(uids, readAtOnce) : []
    const messages = await readHeaders(session, path, set, fields)
    const unread = uids?.filter((uid) => !messages.has(uid)) ?? []
    if (unread.length > 0) onUnread?.(unread)
    for (const message of [...messages.values()].sort((a, b) => a.uid - b.uid)) {
      const date = message.internalDate
      if (date === undefined || (date >= since && date < before)) yield message
    }
  }
}

function inParts(uids: readonly number[]): number[][] {
  const count = Math.ceil(uids.length / readAtOnce)
  return Array.from({ length: count }, (_, part) => uids.slice(part * readAtOnce, (part + 1) * readAtOnce))
}

/** Gathered before any is given on: the caller may take its time, the server may not wait. */
async function readHeaders(
  session: ImapSession,
  path: string,
  uids: string,
  fields: readonly string[],
): Promise<Map<number, ListedHeaders>> {
  const messages = new Map<number, ListedHeaders>()
  const query = { uid: true, internalDate: true, flags: true, headers: [...always, ...fields] }
  for await (const { uid, internalDate, flags = new Set<string>(), headers } of session.fetch(
    path,
    uids,
    query,
  )) {
    // A change of flags that is announced meanwhile has a UID, but no headers.
    if (headers) messages.set(uid, { uid, internalDate: validDate(internalDate), flags, ...readIds(headers) })
  }
  return messages
}

function readIds(headers: Buffer): Pick<ListedHeaders, 'messageId' | 'ref' | 'field'> {
  const text = headers.toString('latin1').replace(/\r?\n[ \t]+/g, ' ')
  return {
    messageId: /^message-id:[ \t]*(<[^<>\s]+>)/im.exec(text)?.[1],
    ref: /^x-rookery-ref:[ \t]*(\S+)/im.exec(text)?.[1],
    field: (name) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\r?$`, 'im').exec(text)?.[1],
  }
}
