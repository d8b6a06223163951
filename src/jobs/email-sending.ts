import { AppError } from '../core/errors.ts'
import { continueAfter, done, type Outcome } from '../core/outcome.ts'
import { readNow } from '../db/now.ts'
import type { Payload } from '../queue/catalogue.ts'
import type { Handler, RunningJob } from '../queue/pool.ts'
import type { ClaimedEmail } from '../sending/claim-emails.ts'
import { setLaneBlocks } from '../sending/claim-store.ts'
import type { LaneBlock, LaneRef } from '../sending/lane-state.ts'
import { clearConnectFailures, insertWakes, recordConnectFailure } from '../sending/lane-store.ts'
import { findPausedUntil } from '../sending/pause-store.ts'
import { scopeAction } from '../sending/scope.ts'
import type { SubmissionResult } from '../smtp/submit.ts'
import type { SendingMailbox } from './sending/mailbox.ts'
import type { SendingRoom } from './sending/room.ts'
import { sendEmail } from './sending/send-email.ts'
import { runSession, type SessionResult } from './sending/session.ts'
import { watchProvider } from './sending/watch-provider.ts'

/** One job is one session of one mailbox lane. */
export function emailSending(room: SendingRoom): Handler<'email-sending'> {
  return async (lane: Payload<'email-sending'>, job: RunningJob) => {
    const mailbox = await openMailbox(room, lane)
    if (!mailbox) return done()
    const parties = [`host ${mailbox.smtp.host}`, `tenant ${lane.tenantId}`]
    const leave = await room.shares.takeWithin(waitForShareMs, ...parties)
    if (!leave) return comeBackLater(room, lane)
    try {
      const result = await session(room, lane, mailbox, job.signal)
      return await finish(room, lane, result)
    } finally {
      leave()
    }
  }
}

/** Sessions are short: one more moment in the slot costs less than the way through the queue. */
const waitForShareMs = 250

const unreadableMs = 5 * 60_000

/** Undefined if the mailbox is gone, or if its password does not open: then the lane says so, and is tried again. */
async function openMailbox(room: SendingRoom, lane: LaneRef): Promise<SendingMailbox | undefined> {
  try {
    return await room.loadMailbox(lane)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'sealed_secret_unreadable') throw error
    const until = new Date((await readNow(room.db)).getTime() + unreadableMs)
    const block = { until, code: 'credential_unreadable', reason: error.message }
    await setLaneBlocks(room.db, [{ ...lane, block }])
    await insertWakes(room.db, [{ ...lane, inMs: unreadableMs }])
    room.log.error({ mailboxId: lane.mailboxId, err: error }, 'credential.unreadable')
    return undefined
  }
}

// Its host or tenant holds its share of the slots: the slot is free at once for another lane.
async function comeBackLater(room: SendingRoom, lane: LaneRef): Promise<Outcome> {
  await insertWakes(room.db, [{ ...lane, inMs: 500 + room.random() * 1000 }])
  return done()
}

function session(
  room: SendingRoom,
  lane: LaneRef,
  mailbox: SendingMailbox,
  signal: AbortSignal,
): Promise<SessionResult> {
  const transport = room.transports.forMailbox(mailbox.smtp)
  const target = { address: mailbox.address, transport }
  const host = watchHost(room, lane, mailbox)
  const ports = {
    ...room,
    render: room.renderer(mailbox),
    onScope: async (result: SubmissionResult, email: ClaimedEmail) => {
      await watchProvider(room, email, result)
      return host.onResult(result)
    },
  }
  return runSession(
    lane,
    {
      clock: room.clock,
      claimer: room.claimer,
      send: (email, claimedAt) => sendEmail(email, claimedAt, target, room.retry, ports),
    },
    { ...room.limits, connections: mailbox.smtp.maxConnections },
    signal,
  )
}

/** Acts on outcomes that concern the mailbox or its host. */
function watchHost(room: SendingRoom, lane: LaneRef, mailbox: SendingMailbox) {
  let provenReachable = !mailbox.hostFailing

  async function onResult(result: SubmissionResult): Promise<LaneBlock | undefined> {
    const action = scopeAction(result.verdict)
    if (result.timings.readyMs !== undefined && !provenReachable) {
      provenReachable = true
      await clearConnectFailures(room.db, mailbox.smtp)
    }
    if (action.kind === 'pause_mailbox') return mailboxPaused(result.verdict.code, result.detail)
    return action.kind === 'connect_failed' ? connectFailed(result.detail) : undefined
  }

  // Paused by the settlement; resumed since, the lane goes on.
  async function mailboxPaused(code: string, reason: string): Promise<LaneBlock | undefined> {
    const until = await findPausedUntil(room.db, lane)
    if (until === undefined) return undefined
    const block = { until, code: 'mailbox_paused', reason: `the mailbox is paused: ${reason}` }
    await setLaneBlocks(room.db, [{ ...lane, block }])
    room.log.warn({ mailboxId: lane.mailboxId, code, reason, until }, 'mailbox.paused')
    return block
  }

  async function connectFailed(reason: string): Promise<LaneBlock> {
    const { until } = await recordConnectFailure(room.db, mailbox.smtp, reason)
    const block = { until, code: 'connect_failed', reason }
    await setLaneBlocks(room.db, [{ ...lane, block }])
    room.log.warn({ mailboxId: lane.mailboxId, reason, until }, 'host.unreachable')
    return block
  }

  return { onResult }
}

/** The lane's future stands in its rows; what is runnable now goes to the tail of the queue. */
async function finish(room: SendingRoom, lane: LaneRef, result: SessionResult): Promise<Outcome> {
  if (result.block) {
    if (result.block.until) await insertWakes(room.db, [{ ...lane, at: result.block.until }])
    return done(result.sent)
  }
  const next = await room.nextDue(lane)
  if (!next) return done(result.sent)
  const now = room.clock.now()
  if (result.end === 'quantum' && next <= now) return continueAfter(0, result.sent)
  await insertWakes(room.db, [{ ...lane, at: next }])
  return done(result.sent)
}
