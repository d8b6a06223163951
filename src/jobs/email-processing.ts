import { continueAt, done, type Outcome } from '../core/outcome.ts'
import { nextSyncAfterFailure } from '../imap/backoff.ts'
import type { ImapError } from '../imap/errors.ts'
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
    const result = await syncMailbox(room, mailbox, { signal: job.signal, suspicious: job.attempt > 1 })
    if (!result.failure) return finish(room, mailbox, result, startedMs)
    // The process stops or the job was taken away: whoever comes next goes on from the cursor.
    if (job.signal.aborted) return continueAt(room.clock.now(), countFresh(result))
    return fail(room, mailbox, result, result.failure)
  }
}

/** Messages that had not been dealt with before. */
function countFresh({ messages: { known: _, ...fresh } }: SyncResult): number {
  return Object.values(fresh).reduce((total, count) => total + count, 0)
}

async function finish(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  result: SyncResult,
  startedMs: number,
): Promise<Outcome> {
  const seconds = (room.clock.monotonicMs() - startedMs) / 1000
  const { messages, more } = result
  const changed = countFresh(result)
  await setSyncSucceeded(room.db, mailbox)
  room.metrics.inboxSyncs.inc({ outcome: more ? 'continued' : 'done' })
  room.metrics.inboxSyncSeconds.observe(seconds)
  if (changed > 0) room.log.info({ mailboxId: mailbox.id, messages, seconds }, 'mailbox.synced')
  return more ? continueAt(room.clock.now(), changed) : done(changed)
}

async function fail(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  result: SyncResult,
  error: ImapError,
): Promise<Outcome> {
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
  return done(countFresh(result))
}
