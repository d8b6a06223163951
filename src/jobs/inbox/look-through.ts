import type { Db } from '../../db/connect.ts'
import type { ImapSession } from '../../imap/imap-session.ts'
import { type ListedHeaders, listHeaders } from '../../imap/list-headers.ts'
import { type DueLook, listMatches } from '../../sending/look-store.ts'
import type { SyncedMailbox } from './mailbox.ts'

/** A message of a folder that is one of our emails. */
export interface Sighting {
  path: string
  /** By the server's clock, to the second; undefined if it gives no date that can be read. */
  sentAt: Date | undefined
  /** Where it is not ours. */
  serverMessageId: string | undefined
}

/** What a folder showed. */
export interface FolderSighting {
  path: string
  /** By the id of the email. */
  found: Map<string, Sighting>
  /** When other emails were sent that are there too; none if something in the folder could not be read. */
  controls: Date[]
}

const dayMs = 86_400_000
const matchedAtOnce = 200

/** Goes through the ids of the messages that a folder got around the time of these emails. */
export async function lookThrough(
  db: Db,
  session: ImapSession,
  mailbox: SyncedMailbox,
  path: string,
  due: readonly DueLook[],
): Promise<FolderSighting> {
  const sighting: FolderSighting = { path, found: new Map(), controls: [] }
  const unreadable = session.unreadableLines
  let complete = true
  const onUnread = () => {
    complete = false
  }
  let batch: ListedHeaders[] = []
  for await (const headers of listHeaders(session, path, { ...windowOf(due), onUnread })) {
    batch.push(headers)
    if (batch.length < matchedAtOnce) continue
    await match(db, mailbox, due, batch, sighting)
    batch = []
  }
  if (batch.length > 0) await match(db, mailbox, due, batch, sighting)
  if (!complete || session.unreadableLines > unreadable) sighting.controls = []
  return sighting
}

/** A day before and two after: servers date by their own clock and zone, and some file late. */
function windowOf(due: readonly DueLook[]): { since: Date; before: Date } {
  const first = Math.min(...due.map(({ claimedAt }) => claimedAt.getTime()))
  const last = Math.max(...due.map(({ unknownAt }) => unknownAt.getTime()))
  return { since: new Date(first - dayMs), before: new Date(last + 2 * dayMs) }
}

async function match(
  db: Db,
  mailbox: SyncedMailbox,
  due: readonly DueLook[],
  batch: readonly ListedHeaders[],
  { path, found, controls }: FolderSighting,
): Promise<void> {
  const seen = new Map(batch.map((headers) => [headers.uid, headers]))
  for (const { id, uid, sentAt } of await listMatches(db, mailbox, batch)) {
    const email = due.find((one) => one.id === id)
    const { internalDate, messageId } = seen.get(uid) ?? {}
    const serverMessageId = messageId === email?.messageId ? undefined : messageId
    if (email) found.set(id, { path, sentAt: internalDate, serverMessageId })
    else if (sentAt) controls.push(sentAt)
  }
}
