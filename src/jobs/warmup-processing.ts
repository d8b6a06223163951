import { AppError } from '../core/errors.ts'
import { continueAfter, done, type Outcome } from '../core/outcome.ts'
import { readNow } from '../db/now.ts'
import { isPassing } from '../db/retry.ts'
import { nextSyncAfterFailure } from '../imap/backoff.ts'
import type { ImapFailure } from '../imap/errors.ts'
import type { Payload } from '../queue/catalogue.ts'
import type { Handler, RunningJob } from '../queue/pool.ts'
import {
  findWarmupAccount,
  listOpenExchanges,
  setNextRound,
  setRoundDone,
  setRoundFailed,
} from '../warmup/round-store.ts'
import { hasWork, nextRoundAt } from '../warmup/round-times.ts'
import { loadSyncedMailbox } from './inbox/mailbox.ts'
import type { WarmupRoom } from './warmup/room.ts'
import { type RoundOf, type RoundResult, runRound } from './warmup/round.ts'

type Job = Payload<'warmup-processing'>

/** One job is one round of one mailbox; when the next one is due stands in its row of warmup_accounts. */
export function warmupProcessing(room: WarmupRoom): Handler<'warmup-processing'> {
  return async (payload, job) => {
    const round = await loadOrSay(room, payload)
    if (!round) return done()
    const { mailbox, exchanges, account, now } = round
    if (!hasWork(exchanges, account.seed, now)) {
      await setNextRound(room.db, payload, nextRoundAt(exchanges, account.seed, now))
      return done()
    }
    const leave = room.shares.take(mailbox.imap.host.toLowerCase())
    if (!leave) return postpone(room, payload, now)
    try {
      return await goThrough(room, payload, round, job)
    } finally {
      leave()
    }
  }
}

/** Its host holds its share of the slots: the slot is free at once for a mailbox elsewhere. */
async function postpone(room: WarmupRoom, payload: Job, now: Date): Promise<Outcome> {
  await setNextRound(room.db, payload, new Date(now.getTime() + 5_000 + room.random() * 25_000))
  room.metrics.warmupRounds.inc({ outcome: 'postponed' })
  return done()
}

/** What is wrong with one mailbox is said of it, and waited for; what is wrong with the database is not of it. */
async function goThrough(room: WarmupRoom, payload: Job, round: RoundOf, job: RunningJob): Promise<Outcome> {
  try {
    return await goThroughOnce(room, payload, round, job)
  } catch (error) {
    if (isPassing(error)) throw error
    await fail(room, payload, 'protocol', error instanceof Error ? error : new Error(String(error)))
    return done(1)
  }
}

async function goThroughOnce(
  room: WarmupRoom,
  payload: Job,
  round: RoundOf,
  job: RunningJob,
): Promise<Outcome> {
  const result = await runRound(room, round, job.signal)
  if (result.failure) {
    // The process stops or the job was taken away: whoever comes next goes on from what is recorded.
    if (job.signal.aborted) return continueAfter(0)
    await fail(room, payload, result.failure.kind, result.failure)
  } else if (result.problems.length > 0) {
    await fail(room, payload, 'protocol', new Error(inWords(result)))
  } else {
    const { account, now } = round
    const left = await listOpenExchanges(room.db, payload)
    const nextAt = nextRoundAt(left, account.seed, now)
    await setRoundDone(room.db, payload, { at: now, nextAt, note: inWords(result) || null })
    room.metrics.warmupRounds.inc({ outcome: 'done' })
  }
  return done(1)
}

const inWords = ({ problems, remarks }: RoundResult): string => [...problems, ...remarks].join('; ')

/** Undefined when there is nothing to go through. A password that does not open is waited for like one that is refused. */
async function loadOrSay(room: WarmupRoom, payload: Job): Promise<RoundOf | undefined> {
  const account = await findWarmupAccount(room.db, payload)
  if (!account) return undefined
  try {
    const mailbox = await loadSyncedMailbox(room.db, room.sealer, payload)
    if (mailbox) {
      const exchanges = await listOpenExchanges(room.db, payload)
      return { mailbox, account, exchanges, now: await readNow(room.db) }
    }
    await fail(room, payload, 'auth_failed', new Error('the mailbox has no IMAP server'))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await fail(room, payload, 'auth_failed', error)
  }
  return undefined
}

async function fail(room: WarmupRoom, payload: Job, kind: ImapFailure, error: Error): Promise<void> {
  const now = await readNow(room.db)
  const next = (failures: number) => nextSyncAfterFailure(failures, kind, now, room.random())
  const { failures, nextAt } = await room.db
    .transaction()
    .execute((trx) => setRoundFailed(trx, payload, error.message, now, next))
  room.metrics.warmupRounds.inc({ outcome: kind })
  const { mailboxId } = payload
  room.log.warn({ mailboxId, kind, failures, nextAt, err: error }, 'warmup.failed')
}
