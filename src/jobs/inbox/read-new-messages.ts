import { isPassing, untilAnswered } from '../../db/retry.ts'
import { ImapError } from '../../imap/errors.ts'
import type { ImapSession } from '../../imap/imap-session.ts'
import { type FolderMessage, type FolderReading, readFolder } from '../../imap/read-folder.ts'
import { noteSuspect, type StoredFolder, setFolderSynced } from '../../inbox/folder-store.ts'
import { maxMessageBytes } from '../../mime/read-mail.ts'
import type { SyncedMailbox } from './mailbox.ts'
import { receive } from './receive.ts'
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
  const received = await receiveOrPass(message)
  if (!received) return
  const arrival: Arrival = {
    mailbox,
    folderId: folder.id,
    uid: message.uid,
    cursor: { ...reading.cursor, lastUid: message.uid },
    reading: kindOf(reading),
    internalDate: message.internalDate ?? undated,
    received,
    attempts,
  }
  run.onMessage(await processOrGiveUp(run, arrival, isSuspect))
}

/** Undefined when it was deleted meanwhile: there is nothing to deal with. */
async function receiveOrPass(message: FolderMessage) {
  try {
    return await receive(message.open(), maxMessageBytes)
  } catch (error) {
    if (error instanceof ImapError && error.kind === 'message_gone') return undefined
    throw error
  }
}

function kindOf({ plan }: FolderReading): Arrival['reading'] {
  if (plan.kind !== 'reseed') return 'new'
  return plan.reason === 'uids_went_back' || plan.reason === 'resumed' ? 'renumbered' : 'again'
}

/** The attempts are counted in the database: a message that ends the process is passed as well. */
async function processOrGiveUp(run: SyncRun, arrival: Arrival, counted: boolean): Promise<Stored> {
  const { room, mailbox, signal } = run
  const folder = { tenantId: mailbox.tenantId, id: arrival.folderId }
  const ports = { db: room.db, queue: room.queue, matchDays: room.options.matchDays }
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
