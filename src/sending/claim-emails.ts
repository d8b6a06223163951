import { startOfNextDay } from '../core/civil-time.ts'
import type { Trx } from '../db/connect.ts'
import { setBudgets } from './budget-store.ts'
import { budgetKeys, type TenantDay } from './budgets.ts'
import { lockDueEmails } from './candidate-store.ts'
import type { Budget } from './charge.ts'
import { type Candidate, type ClaimDecision, decideClaim, type WindowOpening } from './claim.ts'
import { hasOwnLimits, lockBudgetsOf } from './claim-budgets.ts'
import { chargeLanes, grantLanes, laneId, roundsOf } from './claim-grants.ts'
import { type ClaimRow, type Postponement, setClaimed, setLaneBlocks, setPostponed } from './claim-store.ts'
import type { LaneRef } from './lane-state.ts'
import { type LaneBlock, type LaneState, laneBlock } from './lane-state.ts'
import { listLaneStates } from './lane-state-store.ts'
import { messageIdOf, referenceOf } from './message-identity.ts'
import { type OwnVerdict, ownCharges, takeOwn } from './own-budgets.ts'
import { endPausesOver } from './pause-store.ts'
import { postponeAlike, type Refused } from './peek-store.ts'
import { skipEmails } from './skip-store.ts'
import { restFromWarmup } from './warmup-rest.ts'

export interface ClaimRequest extends LaneRef {
  /** Free SMTP connections: no more is claimed, so a crash strands only what was on the wire. */
  wanted: number
  /** Made by the worker: by it a claim is found again when the commit's answer was lost. */
  claimId: string
}

export interface ClaimedEmail extends Candidate {
  claimId: string
  messageId: string
  ref: string
  budgetKeys: readonly string[]
  /** By the database's clock. */
  claimedAt: Date
}

export interface ClaimAnswer {
  emails: ClaimedEmail[]
  /** Why the lane may send nothing now. */
  block: LaneBlock | undefined
  /** Of the database, when it was decided: a block is waited for from here. */
  now?: Date
  /** Rows looked at, whether claimed or moved out of the way; 0 means that nothing is due. */
  picked: number
}

export interface ClaimOptions {
  leaseSeconds: number
  windowOpening: WindowOpening
  /** In [0, 1): draws the jitter of a gap. */
  random: () => number
}

/**
 * Claims due emails for several lanes in one transaction: locks budgets, decides what they grant,
 * locks that many due rows, decides on each, writes the intent. The caller commits before any byte
 * goes to a server.
 */
export async function claimEmails(
  trx: Trx,
  requests: readonly ClaimRequest[],
  options: ClaimOptions,
): Promise<ClaimAnswer[]> {
  const draw = options.random()
  const { budgets, tenantDays } = await lockBudgetsOf(trx, requests, draw)
  // Limits and the time are read behind the locks: a claim that waited decides by what holds now.
  const { now, sameEpoch, states: read } = await listLaneStates(trx, requests)
  const states = read.map((state) => withTenantDay(state, tenantDays))
  const stateOf = new Map(states.map((state) => [laneId(state), state]))
  const blocks = new Map(
    states.map((state) => [laneId(state), sameEpoch ? laneBlock(state, now) : otherEpoch]),
  )
  await endPausesOver(trx, pausesOver(states, blocks))

  const candidates: Candidate[] = []
  const decided: Decided = { claimed: [], dropped: [], refused: [] }
  for (const round of roundsOf(requests)) {
    const picks = grantLanes(round, stateOf, budgets, blocks, now)
    const found = picks.length > 0 ? await lockDueEmails(trx, picks, now) : []
    const { claimed, dropped, refused } = decide(round, found, stateOf, budgets, options, now)
    chargeLanes(claimed, stateOf, budgets, options.random, now)
    candidates.push(...found)
    decided.claimed.push(...claimed)
    decided.dropped.push(...dropped)
    decided.refused.push(...refused)
  }
  await setClaimed(trx, decided.claimed satisfies ClaimRow[], options.leaseSeconds, now)
  await writeDropped(trx, decided.dropped)
  await postponeAlike(trx, onePerGroup(decided.refused), now)
  await setBudgets(trx, touched(decided.claimed, budgets))
  await setLaneBlocks(trx, changedBlocks(states, blocks))
  return requests.map((request) => ({ ...answer(request, candidates, decided, stateOf, blocks), now }))
}

interface Decided {
  claimed: ClaimedEmail[]
  dropped: { candidate: Candidate; decision: Exclude<ClaimDecision, { kind: 'claim' }> }[]
  /** Budgets that some were refused by, for those behind them. */
  refused: Refused[]
}

const withTenantDay = (state: LaneState, days: ReadonlyMap<string, TenantDay>): LaneState => {
  const day = days.get(state.tenantId)
  const { dailyLimit, timezone } = state.tenant
  // A cap that was set since the locks has no row that is locked: nothing is granted, the next claim knows of it.
  const unknown = { tenantId: state.tenantId, timezone, limit: 0, shard: 0, othersLeft: true }
  const othersLeft = day?.othersLeft || day?.limit !== dailyLimit
  const tenantDay = dailyLimit ? { ...(day ?? unknown), timezone, limit: dailyLimit, othersLeft } : null
  return { ...state, limits: { ...state.limits, tenantDay } }
}

const onePerGroup = (refused: readonly Refused[]): Refused[] => [
  ...new Map(refused.map((one) => [`${laneId(one)} ${one.scope} ${one.value}`, one])).values(),
]

const otherEpoch: LaneBlock = {
  until: null,
  code: 'recovery_needed',
  reason:
    'the database was promoted, restored or copied, and may have forgotten what was sent; run rookery recover',
}

const missingLane: LaneBlock = { until: null, code: 'lane_missing', reason: 'the mailbox does not exist' }

function answer(
  request: ClaimRequest,
  candidates: readonly Candidate[],
  { claimed }: Decided,
  stateOf: ReadonlyMap<string, LaneState>,
  blocks: ReadonlyMap<string, LaneBlock | undefined>,
): ClaimAnswer {
  const id = laneId(request)
  const emails = claimed.filter((email) => email.claimId === request.claimId)
  const picked = candidates.filter((candidate) => laneId(candidate) === id).length
  return { emails, picked, block: stateOf.has(id) ? blocks.get(id) : missingLane }
}

function pausesOver(
  states: readonly LaneState[],
  blocks: ReadonlyMap<string, LaneBlock | undefined>,
): string[] {
  const over = states.filter((state) => state.status === 'paused' && !blocks.get(laneId(state)))
  return [...new Set(over.map((state) => state.mailboxId))]
}

function decide(
  requests: readonly ClaimRequest[],
  candidates: readonly Candidate[],
  stateOf: ReadonlyMap<string, LaneState>,
  budgets: Map<string, Budget>,
  options: ClaimOptions,
  now: Date,
): Decided {
  const claimIds = new Map(requests.map((request) => [laneId(request), request.claimId]))
  const decided: Decided = { claimed: [], dropped: [], refused: [] }
  for (const candidate of candidates) {
    const state = stateOf.get(laneId(candidate))
    const decision =
      (state && restFromWarmup(candidate, state, now)) ?? decideClaim(candidate, now, options.windowOpening)
    const claimId = claimIds.get(laneId(candidate))
    if (decision.kind !== 'claim') {
      decided.dropped.push({ candidate, decision })
      continue
    }
    if (!state || !claimId) continue
    const limited = hasOwnLimits(state) || hasCaps(candidate)
    const own = limited ? chargeOwn(candidate, state, budgets, now) : nothingOwn
    if (own.kind === 'refused') decided.refused.push(refusal(candidate, own))
    if (own.kind === 'taken') decided.claimed.push(identify(candidate, state, claimId, own.keys, now))
  }
  return decided
}

// A campaign that was resumed, or limited, since its tenant was read.
const hasCaps = ({ campaign }: Candidate): boolean =>
  campaign !== null && (campaign.dailyLimit !== null || campaign.newLeadsPerDay !== null)

const nothingOwn: OwnVerdict = { kind: 'taken', keys: [] }

function chargeOwn(
  candidate: Candidate,
  state: LaneState,
  budgets: Map<string, Budget>,
  now: Date,
): OwnVerdict {
  const charges = ownCharges(candidate, state.tenant, now, (zone) => startOfNextDay(now, zone))
  return takeOwn(charges, budgets, now)
}

function refusal(
  candidate: Candidate,
  { charge, until, code, reason }: OwnVerdict & { kind: 'refused' },
): Refused {
  const { tenantId, mailboxId, lane } = candidate
  const { scope, value, cap, nextDay } = charge
  // What a day has no room for is looked at again when the next one begins; a minute's rest is spread over the minutes after it.
  const everyMs = nextDay ? 0 : 60_000
  return { tenantId, mailboxId, lane, scope, value, until, code, reason, cap: Math.max(1, cap), everyMs }
}

// The Message-ID and reference of the first attempt stay: what the server may have seen is looked for under them.
function identify(
  candidate: Candidate,
  state: LaneState,
  claimId: string,
  ownKeys: readonly string[],
  now: Date,
): ClaimedEmail {
  const ref = candidate.ref ?? referenceOf(identityOf(candidate))
  const messageId = candidate.messageId ?? messageIdOf(ref, state.emailAddress)
  const attempt = candidate.attempt + 1
  return {
    ...candidate,
    attempt,
    claimId,
    ref,
    messageId,
    claimedAt: now,
    budgetKeys: [...budgetKeys(state.limits, now), ...ownKeys],
  }
}

const identityOf = ({ tenantId, id, stepId, campaign, lead }: Candidate) => ({
  tenantId,
  id,
  stepId,
  campaignId: campaign?.id ?? null,
  leadId: lead?.id ?? null,
})

async function writeDropped(trx: Trx, dropped: Decided['dropped']): Promise<void> {
  const skips = dropped.flatMap(({ candidate, decision }) =>
    decision.kind === 'skip' ? [{ ...candidate, code: decision.code, reason: decision.reason }] : [],
  )
  const postponements = dropped.flatMap(({ candidate: { tenantId, id }, decision }): Postponement[] => {
    if (decision.kind === 'skip') return []
    const { code, reason } = decision
    return decision.kind === 'hold'
      ? [{ tenantId, id, status: 'held', dueAt: null, code, reason }]
      : [{ tenantId, id, status: 'scheduled', dueAt: decision.until, code, reason }]
  })
  await skipEmails(trx, skips)
  await setPostponed(trx, postponements)
}

function touched(claimed: readonly ClaimedEmail[], budgets: ReadonlyMap<string, Budget>): Budget[] {
  const keys = new Set(claimed.flatMap((email) => email.budgetKeys))
  return [...keys].flatMap((key) => budgets.get(key) ?? [])
}

function changedBlocks(
  states: readonly LaneState[],
  blocks: ReadonlyMap<string, LaneBlock | undefined>,
): (LaneRef & { block: LaneBlock | null })[] {
  return states.flatMap((state) => {
    const block = blocks.get(laneId(state)) ?? null
    const unchanged = block === null && state.blockedCode === null
    return unchanged
      ? []
      : [{ tenantId: state.tenantId, mailboxId: state.mailboxId, lane: state.lane, block }]
  })
}
