import type { Db } from '../../db/connect.ts'
import { readNow } from '../../db/now.ts'
import { ImapError } from '../../imap/errors.ts'
import { findFolders } from '../../imap/find-folders.ts'
import type { ImapSession } from '../../imap/imap-session.ts'
import { withImapSession } from '../../imap/session.ts'
import { forgetFolders, listFolders, type StoredFolder, setFoldersListed } from '../../inbox/folder-store.ts'
import type { SyncedMailbox } from './mailbox.ts'
import { readNewMessages, type SyncRun } from './read-new-messages.ts'
import { type InboxRoom, sessionOptions } from './room.ts'
import type { Stored } from './store-message.ts'

export interface SyncResult {
  /** Messages dealt with, by what they were; `known` ones had been dealt with before. */
  messages: Partial<Record<Stored, number>>
  /** There is more to read: time ran out. */
  more: boolean
  /** What ended the session early; what was dealt with before stands. */
  failure: ImapError | undefined
  /** Why Junk could not be read, though the rest was. */
  warning: string | undefined
}

/** People rarely rename folders. */
const listAgainAfterMs = 86_400_000

/** One session with the mailbox's server: reads what is new in INBOX and Junk. */
export async function syncMailbox(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  { signal, suspicious }: { signal: AbortSignal; suspicious: boolean },
): Promise<SyncResult> {
  const result: SyncResult = { messages: {}, more: false, failure: undefined, warning: undefined }
  const onMessage = (type: Stored) => {
    result.messages[type] = (result.messages[type] ?? 0) + 1
    room.metrics.inboxMessages.inc({ type })
  }
  try {
    const onWarning = (words: string) => {
      result.warning = words
    }
    result.more = await readFolders(room, mailbox, { signal, suspicious, onMessage, onWarning })
  } catch (error) {
    if (!(error instanceof ImapError)) throw error
    result.failure = error
  }
  return result
}

/** Whether there is more to read. Throws ImapError for all that IMAP does. */
async function readFolders(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  watch: Pick<SyncRun, 'signal' | 'suspicious' | 'onMessage' | 'onWarning'>,
): Promise<boolean> {
  return withImapSession(mailbox.imap, sessionOptions(room, watch.signal), async (session) => {
    const endsAtMs = room.clock.monotonicMs() + room.options.quantumSeconds * 1000
    const run: SyncRun = { room, mailbox, endsAtMs, ...watch }
    let more = false
    for (const folder of await foldersToRead(room.db, session, mailbox, await readNow(room.db))) {
      const finished = await readUnlessGone(run, session, folder)
      more ||= !finished
    }
    return more
  })
}

async function foldersToRead(
  db: Db,
  session: ImapSession,
  mailbox: SyncedMailbox,
  now: Date,
): Promise<StoredFolder[]> {
  let folders = await listFolders(db, mailbox)
  const listedAt = folders[0]?.listedAt?.getTime() ?? 0
  if (now.getTime() - listedAt > listAgainAfterMs) {
    const listed = await findFolders(session)
    await db.transaction().execute((trx) => setFoldersListed(trx, mailbox, listed))
    folders = await listFolders(db, mailbox)
  }
  return (['inbox', 'junk'] as const).flatMap((type) => folders.filter((folder) => folder.type === type))
}

/**
 * A Junk folder that cannot be read was renamed or deleted, and the next sync looks for it again; or it is closed to us,
 * which must not keep INBOX from being read.
 */
async function readUnlessGone(run: SyncRun, session: ImapSession, folder: StoredFolder): Promise<boolean> {
  try {
    return await readNewMessages(run, session, folder)
  } catch (error) {
    if (folder.type === 'inbox' || !(error instanceof ImapError) || error.kind !== 'protocol') throw error
    const { room, mailbox } = run
    room.log.warn({ mailboxId: mailbox.id, err: error }, 'folder.unreadable')
    run.onWarning(error.message)
    await forgetFolders(room.db, mailbox)
    return true
  }
}
