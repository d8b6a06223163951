import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { ClaimedEmail } from '../../sending/claim-emails.ts'
import type { LaneBlock } from '../../sending/lane-state.ts'
import { consequenceOf } from '../../sending/scope.ts'
import { decideSettlement, type RetryPolicy, type SettlementFate } from '../../sending/settlement.ts'
import type { ReleaseAnswer } from '../../smtp/body-gate.ts'
import { composeMessage, type OutgoingMessage } from '../../smtp/compose.ts'
import { type SubmissionResult, submit } from '../../smtp/submit.ts'
import type { SmtpTransport } from '../../smtp/transports.ts'
import type { Moment } from './claimer.ts'
import type { Leases } from './leases.ts'
import type { Settler } from './settler.ts'
import type { Outcome } from './spool.ts'

export interface SendPorts {
  clock: Clock
  leases: Leases
  settler: Settler
  random: () => number
  /** Counts the submissions on the wire. */
  inFlight: { inc(): void; dec(): void }
  /** Throws AppError `invalid_input` when the content cannot be made. */
  render(email: ClaimedEmail): Promise<OutgoingMessage>
  /** A reason code if the recipient has been suppressed since the claim. */
  findSuppression(email: ClaimedEmail): Promise<string | undefined>
  /** Acts on an outcome that concerns more than the message; returns what the lane must wait for. */
  onScope(result: SubmissionResult, email: ClaimedEmail): Promise<LaneBlock | undefined>
  onSettled?(email: ClaimedEmail, result: SubmissionResult, claimedAt: Moment): void
}

/** Rows claimed longer ago are checked against suppressions once more, before the dot. */
const recheckAfterMs = 30_000
const notRenderedRetrySeconds = 60

/** One email: compose, submit under its lease, settle. Rejects only when the outcome could not be written. */
export async function sendEmail(
  email: ClaimedEmail,
  claimedAt: Moment,
  mailbox: { address: string; transport: SmtpTransport },
  policy: RetryPolicy,
  ports: SendPorts,
): Promise<LaneBlock | undefined> {
  const lease = ports.leases.hold(email, claimedAt)
  ports.inFlight.inc()
  try {
    const composed = await compose(email, ports)
    if (!composed.ok) {
      await ports.settler.settle(unsent(email, composed.fate, ports.clock.monotonicMs()))
      return undefined
    }
    const result = await submit(mailbox.transport, {
      from: mailbox.address,
      to: email.to,
      body: composed.body,
      messageId: email.messageId,
      mayRelease: () => mayRelease(email, claimedAt, () => lease.isHeld(), ports),
    })
    await ports.settler.settle(toOutcome(email, claimedAt, composed.subject, result, policy, ports))
    ports.onSettled?.(email, result, claimedAt)
    return await ports.onScope(result, email)
  } finally {
    ports.inFlight.dec()
    lease.release()
  }
}

type Composed = { ok: true; body: Buffer; subject: string } | { ok: false; fate: SettlementFate }

async function compose(email: ClaimedEmail, ports: SendPorts): Promise<Composed> {
  let message: OutgoingMessage
  try {
    message = await ports.render(email)
  } catch (error) {
    const isContent = error instanceof AppError && error.code === 'invalid_input'
    return { ok: false, fate: isContent ? failedContent(error) : notRendered(error) }
  }
  try {
    return { ok: true, body: await composeMessage(message), subject: message.subject }
  } catch (error) {
    return { ok: false, fate: failedContent(error) }
  }
}

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const failedContent = (error: unknown): SettlementFate => ({
  status: 'failed',
  delaySeconds: 0,
  countsAsFailure: false,
  giveBack: true,
  code: 'content',
  reason: inWords(error),
})

// The database was away while the step was read, say: nothing is wrong with the email.
const notRendered = (error: unknown): SettlementFate => ({
  ...failedContent(error),
  status: 'scheduled',
  delaySeconds: notRenderedRetrySeconds,
  code: 'not_rendered',
})

function mayRelease(
  email: ClaimedEmail,
  claimedAt: Moment,
  leaseHeld: () => boolean,
  ports: SendPorts,
): ReleaseAnswer | Promise<ReleaseAnswer> {
  if (!leaseHeld()) return 'lease_lapsed'
  const heldMs = Math.max(
    ports.clock.monotonicMs() - claimedAt.monotonicMs,
    ports.clock.now().getTime() - claimedAt.wallMs,
  )
  if (heldMs < recheckAfterMs) return true
  return ports.findSuppression(email).then((suppressed) => {
    if (suppressed) return 'suppressed'
    return leaseHeld() || 'lease_lapsed'
  })
}

function toOutcome(
  email: ClaimedEmail,
  claimedAt: Moment,
  subject: string,
  result: SubmissionResult,
  policy: RetryPolicy,
  ports: SendPorts,
): Outcome {
  const { verdict, reply, detail } = result
  // The database's time: how old an email is must not depend on this machine's clock.
  const heldMs = ports.clock.monotonicMs() - claimedAt.monotonicMs
  const now = new Date(email.claimedAt.getTime() + heldMs)
  const fate = decideSettlement(email, verdict, detail, policy, now, ports.random())
  const consequence = consequenceOf(email, verdict, detail, policy.baseSeconds, ports.random())
  return {
    ...identity(email),
    ...fate,
    ...(consequence ? { consequence } : {}),
    monotonicMs: ports.clock.monotonicMs(),
    replyCode: reply?.code ?? null,
    replyCommand: reply?.command ?? null,
    enhancedStatus: reply?.enhancedStatus ?? null,
    replyText: reply?.text ?? null,
    serverMessageId: result.serverMessageId ?? null,
    subject,
  }
}

function unsent(email: ClaimedEmail, fate: SettlementFate, monotonicMs: number): Outcome {
  return {
    ...identity(email),
    ...fate,
    monotonicMs,
    replyCode: null,
    enhancedStatus: null,
    replyText: null,
    serverMessageId: null,
    subject: null,
  }
}

const identity = ({ tenantId, id, attempt, budgetKeys }: ClaimedEmail) => ({
  tenantId,
  id,
  attempt,
  budgetKeys,
})
