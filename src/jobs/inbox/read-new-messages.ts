import { createHash } from 'node:crypto'
import { isPassing, untilAnswered } from '../../db/retry.ts'
import { ImapError } from '../../imap/errors.ts'
import type { ImapSession } from '../../imap/imap-session.ts'
import { type FolderMessage, type FolderReading, readFolder } from '../../imap/read-folder.ts'
import { noteSuspect, type StoredFolder, setFolderSynced } from '../../inbox/folder-store.ts'
import { maxMessageBytes } from '../../mime/read-mail.ts'
import type { SyncedMailbox } from './mailbox.ts'
import { type ReceivedBytes, receive } from './receive.ts'
import type { InboxRoom } from './room.ts'
import { type Arrival, processMessage, recordUnreadable, type Stored } from './store-message.ts'

export interface SyncRun {
  room: InboxRoom
  mailbox: SyncedMailbox
  signal: AbortSignal
  /** An earlier run of this job ended without a word: perhaps the next message of a folder ended it. */
  suspicious: boolean
  /** By the monotonic clock. */
  endsAtMs: number
  onMessage: (type: Stored) => void
  /** Something could not be read, and the rest was. */
  onWarning: (words: string) => void
}

/** How often a message is tried that makes processing throw, or ends the process. */
const maxAttempts = 3
/** A message in a server's list without a date that can be read. */
const undated = new Date(0)
const dayMs = 86_400_000

/** Deals with what is new in a folder, in the order of its UIDs. False when time ran out before its end. */
export async function readNewMessages(
  run: SyncRun,
  session: ImapSession,
  folder: StoredFolder,
): Promise<boolean> {
  const { room, mailbox } = run
  const since = new Date(mailbox.enrolledAt.getTime() - room.options.firstSyncDays * dayMs)
  const reading = await readFolder(session, folder.path, folder.cursor, {
    since,
    syncedAt: folder.syncedAt ?? undefined,
  })
  let first = true
  for await (const message of reading) {
    if (run.signal.aborted || room.clock.monotonicMs() > run.endsAtMs) return false
    await dealWith(run, folder, reading, message, first)
    first = false
  }
  const place = { tenantId: mailbox.tenantId, id: folder.id }
  await setFolderSynced(room.db, place, reading.cursor)
  return true
}

async function dealWith(
  run: SyncRun,
  folder: StoredFolder,
  reading: FolderReading,
  message: FolderMessage,
  first: boolean,
): Promise<void> {
  const { room, mailbox } = run
  const place = { tenantId: mailbox.tenantId, id: folder.id }
  const isSuspect = folder.suspectUid === message.uid || (run.suspicious && first)
  const attempts = isSuspect ? await noteSuspect(room.db, place, message.uid) : 1
  const arrival: Omit<Arrival, 'received'> = {
    mailbox,
    folderId: folder.id,
    uid: message.uid,
    cursor: { ...reading.cursor, lastUid: message.uid },
    reading: kindOf(reading),
    internalDate: message.internalDate ?? undated,
    attempts,
  }
  const received = await receiveOrPass(run, arrival, message, isSuspect)
  if (received === 'deleted') return
  if (typeof received === 'string') run.onMessage(received)
  else run.onMessage(await processOrGiveUp(run, { ...arrival, received }, isSuspect))
}

/**
 * `deleted` when it was deleted meanwhile: there is nothing to deal with. A message that the server does not give in three
 * rounds is recorded as unreadable, without its bytes; so is one whose reading ends the connection three times in a row,
 * and then the session has failed all the same.
 */
async function receiveOrPass(
  run: SyncRun,
  arrival: Omit<Arrival, 'received'>,
  message: FolderMessage,
  counted: boolean,
): Promise<ReceivedBytes | Stored | 'deleted'> {
  const { room, mailbox, signal } = run
  try {
    return await receive(message.open(), maxMessageBytes)
  } catch (error) {
    if (!(error instanceof ImapError)) throw error
    if (error.kind === 'message_gone') return 'deleted'
    if (!mayBeTheMessage(error, signal)) throw error
    const folder = { tenantId: mailbox.tenantId, id: arrival.folderId }
    const attempts = counted ? arrival.attempts : await noteSuspect(room.db, folder, message.uid)
    if (attempts < maxAttempts) throw error
    const received = nothingOf(arrival, message.size ?? 0)
    const record = () => recordUnreadable(room.db, { ...arrival, attempts, received }, error.message)
    const stored = await untilAnswered(record, { signal })
    if (error.kind === 'message_unreadable') return stored
    run.onMessage(stored)
    throw error
  }
}

/** A connection that is lost in the midst of a message, and not by us, may be lost because of it. */
function mayBeTheMessage({ kind }: ImapError, signal: AbortSignal): boolean {
  if (kind === 'message_unreadable') return true
  return (kind === 'closed' || kind === 'timeout') && !signal.aborted
}

/** Its place stands for its hash: after a renumbering it is tried again. */
function nothingOf({ folderId, cursor, uid }: Omit<Arrival, 'received'>, size: number): ReceivedBytes {
  const sha256 = createHash('sha256').update(`${folderId} ${cursor.uidValidity} ${uid}`).digest()
  return { head: Buffer.alloc(0), size, sha256 }
}

function kindOf({ plan }: FolderReading): Arrival['reading'] {
  if (plan.kind !== 'reseed') return 'new'
  return plan.reason === 'uids_went_back' || plan.reason === 'resumed' ? 'renumbered' : 'again'
}

/** The attempts are counted in the database: a message that ends the process is passed as well. */
async function processOrGiveUp(run: SyncRun, arrival: Arrival, counted: boolean): Promise<Stored> {
  const { room, mailbox, signal } = run
  const folder = { tenantId: mailbox.tenantId, id: arrival.folderId }
  const { db, queue, warmupKey, options } = room
  const ports = { db, queue, warmupKey, matchDays: options.matchDays }
  let { attempts } = arrival
  let why = 'the process ended each time that it was read'
  for (let isCounted = counted; attempts <= maxAttempts; isCounted = false) {
    try {
      return await untilAnswered(() => processMessage(ports, { ...arrival, attempts }), { signal })
    } catch (error) {
      if (isPassing(error)) throw error
      why = error instanceof Error ? error.message : String(error)
      room.log.warn({ mailboxId: mailbox.id, uid: arrival.uid, attempts, err: error }, 'message.failed')
      if (!isCounted) attempts = await noteSuspect(room.db, folder, arrival.uid)
      if (attempts >= maxAttempts) break
    }
  }
  return untilAnswered(() => recordUnreadable(room.db, { ...arrival, attempts: maxAttempts }, why), {
    signal,
  })
}
