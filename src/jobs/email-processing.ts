import { AppError } from '../core/errors.ts'
import { continueAfter, done, type Outcome } from '../core/outcome.ts'
import { readNow } from '../db/now.ts'
import { nextSyncAfterFailure } from '../imap/backoff.ts'
import type { ImapFailure } from '../imap/errors.ts'
import { setSyncFailed, setSyncPostponed, setSyncSucceeded } from '../inbox/sync-store.ts'
import type { Payload } from '../queue/catalogue.ts'
import type { Handler, RunningJob } from '../queue/pool.ts'
import { setLooksPostponed } from '../sending/look-store.ts'
import { lookForUnknown } from './inbox/look-for-unknown.ts'
import { loadSyncedMailbox, type SyncedMailbox } from './inbox/mailbox.ts'
import type { InboxRoom } from './inbox/room.ts'
import { type SyncResult, syncMailbox } from './inbox/sync-mailbox.ts'

/**
 * One job is one sync of one mailbox; when the next one is due stands in the mailbox's row. Emails of unknown outcome are looked
 * for in the same job: a mailbox's IMAP is in one hand.
 */
export function emailProcessing(room: InboxRoom): Handler<'email-processing'> {
  return async (payload: Payload<'email-processing'>, job: RunningJob) => {
    const mailbox = await loadOrSay(room, payload)
    if (!mailbox) return done()
    const leave = room.shares.take(mailbox.imap.host.toLowerCase())
    if (!leave) return postpone(room, mailbox)
    try {
      return await sync(room, mailbox, job)
    } finally {
      leave()
    }
  }
}

// Its host holds its share of the slots: the slot is free at once for a mailbox elsewhere. Thousands that
// have to wait do not all come back every second.
async function postpone(room: InboxRoom, mailbox: SyncedMailbox): Promise<Outcome> {
  const at = new Date((await readNow(room.db)).getTime() + 5_000 + room.random() * 25_000)
  await setSyncPostponed(room.db, mailbox, at)
  await setLooksPostponed(room.db, mailbox, at)
  room.metrics.inboxSyncs.inc({ outcome: 'postponed' })
  return done()
}

async function sync(room: InboxRoom, mailbox: SyncedMailbox, job: RunningJob): Promise<Outcome> {
  const startedMs = room.clock.monotonicMs()
  const result = await syncMailbox(room, mailbox, { signal: job.signal, suspicious: job.attempt > 1 })
  if (!result.failure) {
    await finish(room, mailbox, result, startedMs)
    const changed = countFresh(result) + (await lookForUnknown(room, mailbox, job.signal))
    return result.more ? continueAfter(0, changed) : done(changed)
  }
  // The process stops or the job was taken away: whoever comes next goes on from the cursor.
  if (job.signal.aborted) return continueAfter(0, countFresh(result))
  await fail(room, mailbox, result.failure.kind, result.failure)
  return done(countFresh(result))
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
): Promise<void> {
  const seconds = (room.clock.monotonicMs() - startedMs) / 1000
  const { messages, more } = result
  await setSyncSucceeded(room.db, mailbox, result.warning)
  room.metrics.inboxSyncs.inc({ outcome: more ? 'continued' : 'done' })
  room.metrics.inboxSyncSeconds.observe(seconds)
  if (countFresh(result) > 0) room.log.info({ mailboxId: mailbox.id, messages, seconds }, 'mailbox.synced')
}

/** A password that does not open is waited for like one that the server refuses. */
async function loadOrSay(
  room: InboxRoom,
  payload: Payload<'email-processing'>,
): Promise<SyncedMailbox | undefined> {
  try {
    return await loadSyncedMailbox(room.db, room.sealer, payload)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await fail(room, { tenantId: payload.tenantId, id: payload.mailboxId }, 'auth_failed', error)
    return undefined
  }
}

async function fail(
  room: InboxRoom,
  mailbox: { tenantId: string; id: string },
  kind: ImapFailure,
  error: Error,
): Promise<void> {
  const now = await readNow(room.db)
  const jitter = room.random()
  const next = (failures: number) => nextSyncAfterFailure(failures, kind, now, jitter)
  const { failures, nextSyncAt } = await room.db
    .transaction()
    .execute((trx) => setSyncFailed(trx, mailbox, error.message, next))
  room.metrics.inboxSyncs.inc({ outcome: kind })
  room.log.warn({ mailboxId: mailbox.id, kind, failures, nextSyncAt, err: error }, 'mailbox.unsynced')
}
