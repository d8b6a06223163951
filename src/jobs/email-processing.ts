import { continueAt, done, type Outcome } from '../core/outcome.ts'
import { nextSyncAfterFailure } from '../imap/backoff.ts'
import { ImapError } from '../imap/errors.ts'
import { setSyncFailed, setSyncSucceeded } from '../inbox/sync-store.ts'
import type { Payload } from '../queue/catalogue.ts'
import type { Handler, RunningJob } from '../queue/pool.ts'
import { loadSyncedMailbox, type SyncedMailbox } from './inbox/mailbox.ts'
import type { InboxRoom } from './inbox/room.ts'
import { type SyncResult, syncMailbox } from './inbox/sync-mailbox.ts'

/** One job is one sync of one mailbox; when the next one is due stands in the mailbox's row. */
export function emailProcessing(room: InboxRoom): Handler<'email-processing'> {
  return async (payload: Payload<'email-processing'>, job: RunningJob) => {
    const mailbox = await loadSyncedMailbox(room.db, room.sealer, payload)
    if (!mailbox) return done()
    const startedMs = room.clock.monotonicMs()
    try {
      const result = await syncMailbox(room, mailbox, { signal: job.signal, suspicious: job.attempt > 1 })
      return await finish(room, mailbox, result, startedMs)
    } catch (error) {
      if (!(error instanceof ImapError)) throw error
      // The process stops or the job was taken away: whoever comes next goes on from the cursor.
      if (job.signal.aborted) return continueAt(room.clock.now())
      return await fail(room, mailbox, error)
    }
  }
}

async function finish(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  { messages, more }: SyncResult,
  startedMs: number,
): Promise<Outcome> {
  const seconds = (room.clock.monotonicMs() - startedMs) / 1000
  const { known: _, ...fresh } = messages
  const changed = Object.values(fresh).reduce((total, count) => total + count, 0)
  await setSyncSucceeded(room.db, mailbox)
  room.metrics.inboxSyncs.inc({ outcome: more ? 'continued' : 'done' })
  room.metrics.inboxSyncSeconds.observe(seconds)
  if (changed > 0) room.log.info({ mailboxId: mailbox.id, messages, seconds }, 'mailbox.synced')
  return more ? continueAt(room.clock.now(), changed) : done(changed)
}

async function fail(room: InboxRoom, mailbox: SyncedMailbox, error: ImapError): Promise<Outcome> {
  const now = room.clock.now()
  const jitter = room.random()
  const { failures, nextSyncAt } = await room.db
    .transaction()
    .execute((trx) =>
      setSyncFailed(trx, mailbox, error.message, (count) =>
        nextSyncAfterFailure(count, error.kind, now, jitter),
      ),
    )
  room.metrics.inboxSyncs.inc({ outcome: error.kind })
  room.log.warn(
    { mailboxId: mailbox.id, kind: error.kind, failures, nextSyncAt, err: error },
    'mailbox.unsynced',
  )
  return done()
}
