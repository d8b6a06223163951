import type { Clock } from '../../core/clock.ts'
import { type Coalescer, createCoalescer } from '../../core/coalescer.ts'
import { newId } from '../../core/ids.ts'
import type { Db } from '../../db/connect.ts'
import { readNow } from '../../db/now.ts'
import { isConnectionError, untilAnswered } from '../../db/retry.ts'
import { insertMissingBudgets, lockBudgets } from '../../sending/budget-store.ts'
import { rollingKey } from '../../sending/budgets.ts'
import {
  type ClaimAnswer,
  type ClaimOptions,
  type ClaimRequest,
  claimEmails,
} from '../../sending/claim-emails.ts'
import { lockEmailsOfClaims } from '../../sending/lease-store.ts'
import { settleEmails } from '../../sending/settle-store.ts'

export type LaneClaim = Omit<ClaimRequest, 'claimId'>

export interface LaneClaimAnswer extends ClaimAnswer {
  /** Taken before the claim was asked for: leases count from here. */
  startedAt: Moment
}

export interface Moment {
  wallMs: number
  monotonicMs: number
}

export interface ClaimerOptions extends ClaimOptions {
  /** Longest a claim waits for those of other sessions, in milliseconds. */
  coalesceMs: number
  clock: Clock
  onBatch?: (seconds: number, requests: number, emails: number) => void
  onRetry?: (error: unknown) => void
  /** A lane whose claim the database refuses, or that cannot be read: it is blocked for a while. */
  onRefused?: (requests: readonly ClaimRequest[], error: unknown) => void
}

/** Makes the claims of all sessions of this process one transaction at a time. */
export function createClaimer(db: Db, options: ClaimerOptions): Coalescer<LaneClaim, LaneClaimAnswer> {
  const onRetry = options.onRetry ? { onRetry: options.onRetry } : {}

  async function run(batch: readonly LaneClaim[]): Promise<LaneClaimAnswer[]> {
    const startedAt = { wallMs: options.clock.now().getTime(), monotonicMs: options.clock.monotonicMs() }
    const requests = onePerLane(batch)
    const answers = await claimOrReturn(requests)
    const emails = answers.reduce((total, answer) => total + answer.emails.length, 0)
    options.onBatch?.((options.clock.monotonicMs() - startedAt.monotonicMs) / 1000, requests.length, emails)
    const answerOf = new Map(requests.map((request, index) => [request.position, answers[index]]))
    return batch.map((_lane, position) => ({ ...(answerOf.get(position) ?? nothing), startedAt }))
  }

  // A connection lost at COMMIT leaves open whether the claim stands. Its rows bear our claim id: they
  // are found again and handed back with their budget, since nothing of them has left this process.
  async function claimOrReturn(requests: readonly ClaimRequest[]): Promise<ClaimAnswer[]> {
    try {
      return await untilAnswered(
        () => db.transaction().execute((trx) => claimEmails(trx, requests, options)),
        { retryLost: false, ...onRetry },
      )
    } catch (error) {
      if (!isConnectionError(error)) return claimApart(requests, error)
      options.onRetry?.(error)
      await untilAnswered(() => returnClaims(db, requests), onRetry)
      return requests.map(() => nothing)
    }
  }

  // One lane that cannot be read must not keep the others from being claimed.
  async function claimApart(requests: readonly ClaimRequest[], error: unknown): Promise<ClaimAnswer[]> {
    if (requests.length === 1) {
      options.onRefused?.(requests, error)
      return [refused(error, await untilAnswered(() => readNow(db), onRetry))]
    }
    const half = Math.ceil(requests.length / 2)
    const first = await claimOrReturn(requests.slice(0, half))
    return [...first, ...(await claimOrReturn(requests.slice(half)))]
  }

  return createCoalescer({ maxWaitMs: options.coalesceMs, maxBatch: 1000, run })
}

const nothing: ClaimAnswer = { emails: [], block: undefined, picked: 0 }

const refusedForMs = 30_000

function refused(error: unknown, now: Date): ClaimAnswer {
  const reason = `the claim failed: ${error instanceof Error ? error.message : String(error)}`
  const block = { until: new Date(now.getTime() + refusedForMs), code: 'claim_failed', reason }
  return { emails: [], block, now, picked: 0 }
}

const laneId = (lane: LaneClaim): string => `${lane.mailboxId}:${lane.lane}`

// Two sessions of one lane (an expired job beside its own retry) would lock the same rows twice: the second waits its turn.
function onePerLane(batch: readonly LaneClaim[]): (ClaimRequest & { position: number })[] {
  const seen = new Set<string>()
  return batch.flatMap((lane, position) => {
    if (seen.has(laneId(lane))) return []
    seen.add(laneId(lane))
    return [{ ...lane, claimId: newId(), position }]
  })
}

/** Undoes claims whose emails never left this process. */
export async function returnClaims(db: Db, claims: readonly ClaimRequest[]): Promise<number> {
  return db.transaction().execute(async (trx) => {
    // The server may not have read the lost COMMIT yet: until it has, the claim's rows look untouched. So we wait
    // for what every claim holds to its end.
    const held = claims.map(({ mailboxId, tenantId }) => ({ key: rollingKey(mailboxId), tenantId }))
    await insertMissingBudgets(trx, held)
    await lockBudgets(
      trx,
      held.map(({ key }) => key),
    )
    const emails = await lockEmailsOfClaims(
      trx,
      claims.map((claim) => claim.claimId),
    )
    const settled = await settleEmails(
      trx,
      emails.map((email) => ({ ...email, ...handedBack })),
    )
    return settled.size
  })
}

const handedBack = {
  status: 'scheduled',
  agoMs: 0,
  delaySeconds: 0,
  countsAsFailure: false,
  giveBack: true,
  code: 'claim_returned',
  reason: 'claimed, and handed back before anything was sent',
  replyCode: null,
  enhancedStatus: null,
  replyText: null,
  serverMessageId: null,
  subject: null,
} as const
