import { randomBytes } from 'node:crypto'
import { startOfNextDay } from '../core/civil-time.ts'
import { domainOf } from '../core/email-address.ts'
import type { Trx } from '../db/connect.ts'
import { type Budget, budgetKeys, grantFrom, takeFrom } from './budgets.ts'
import { type Candidate, type ClaimDecision, decideClaim, type WindowOpening } from './claim.ts'
import {
  type ClaimRow,
  insertMissingBudgets,
  type LanePick,
  type LaneRef,
  listLaneStates,
  lockBudgets,
  lockDueEmails,
  type Postponement,
  setBudgets,
  setClaimed,
  setLaneBlocks,
  setPostponed,
} from './claim-store.ts'
import { type LaneBlock, type LaneState, laneBlock } from './lane-state.ts'
import { setMailboxesActive } from './lane-store.ts'
import { skipEmails } from './skip-store.ts'

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
}

export interface ClaimAnswer {
  emails: ClaimedEmail[]
  /** Why the lane may send nothing now. */
  block: LaneBlock | undefined
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
  const { now, states } = await listLaneStates(trx, requests)
  const stateOf = new Map(states.map((state) => [laneId(state), state]))
  const blocks = new Map(states.map((state) => [laneId(state), laneBlock(state, now)]))
  const open = states.filter((state) => !blocks.get(laneId(state)))
  const pausesOver = open.filter((state) => state.status === 'paused').map((state) => state.mailboxId)
  await setMailboxesActive(trx, pausesOver)
  const budgets = await lockBudgetsOf(trx, open, now)

  const picks = grantLanes(requests, open, budgets, blocks, now)
  const candidates = picks.length > 0 ? await lockDueEmails(trx, picks, now) : []
  const claimed = await decideAndWrite(trx, requests, candidates, stateOf, options, now)
  await setBudgets(trx, takings(claimed, open, budgets, options.random(), now))
  await setLaneBlocks(trx, changedBlocks(states, blocks))

  return requests.map((request) => {
    const id = laneId(request)
    const emails = claimed.filter((email) => email.claimId === request.claimId)
    const picked = candidates.filter((candidate) => laneId(candidate) === id).length
    const block = stateOf.has(id) ? blocks.get(id) : missingLane
    return { emails, block, picked }
  })
}

const laneId = (lane: { mailboxId: string; lane: string }): string => `${lane.mailboxId}:${lane.lane}`

const missingLane: LaneBlock = { until: null, code: 'lane_missing', reason: 'the mailbox does not exist' }

async function lockBudgetsOf(trx: Trx, open: readonly LaneState[], now: Date): Promise<Map<string, Budget>> {
  const wanted = new Map<string, string>()
  for (const state of open) {
    for (const key of budgetKeys(state.limits, now)) wanted.set(key, state.tenantId)
  }
  if (wanted.size === 0) return new Map()
  const rows = [...wanted].map(([key, tenantId]) => ({ key, tenantId }))
  await insertMissingBudgets(trx, rows)
  return lockBudgets(trx, [...wanted.keys()])
}

/** Grants each lane what is left; lanes of one mailbox share it. A lane granted nothing gets its block. */
function grantLanes(
  requests: readonly ClaimRequest[],
  open: readonly LaneState[],
  budgets: ReadonlyMap<string, Budget>,
  blocks: Map<string, LaneBlock | undefined>,
  now: Date,
): LanePick[] {
  const openStates = new Map(open.map((state) => [laneId(state), state]))
  const reserved = new Map<string, Budget>(budgets)
  return requests.flatMap((request) => {
    const state = openStates.get(laneId(request))
    if (!state) return []
    const nextDay = () => startOfNextDay(now, state.limits.timezone)
    const grant = grantFrom(reserved, state.limits, request.wanted, now, nextDay)
    if (grant.block) blocks.set(laneId(request), grant.block)
    for (const budget of takeFrom(reserved, state.limits, grant.count, now, 0))
      reserved.set(budget.key, budget)
    return grant.count > 0 ? [{ ...request, count: grant.count }] : []
  })
}

async function decideAndWrite(
  trx: Trx,
  requests: readonly ClaimRequest[],
  candidates: readonly Candidate[],
  stateOf: ReadonlyMap<string, LaneState>,
  options: ClaimOptions,
  now: Date,
): Promise<ClaimedEmail[]> {
  const claimIds = new Map(requests.map((request) => [laneId(request), request.claimId]))
  const claimed: ClaimedEmail[] = []
  const dropped: { candidate: Candidate; decision: Exclude<ClaimDecision, { kind: 'claim' }> }[] = []
  for (const candidate of candidates) {
    const decision = decideClaim(candidate, now, options.windowOpening)
    const state = stateOf.get(laneId(candidate))
    const claimId = claimIds.get(laneId(candidate))
    if (decision.kind !== 'claim') dropped.push({ candidate, decision })
    else if (state && claimId) claimed.push(identify(candidate, state, claimId, now))
  }
  await setClaimed(trx, claimed satisfies ClaimRow[], options.leaseSeconds)
  await writeDropped(trx, dropped)
  return claimed
}

// The Message-ID and reference of the first attempt stay: what the server may have seen is looked for under them.
function identify(candidate: Candidate, state: LaneState, claimId: string, now: Date): ClaimedEmail {
  const ref = candidate.ref ?? randomBytes(16).toString('hex')
  const messageId = candidate.messageId ?? `<${ref}@${domainOf(state.emailAddress)}>`
  const attempt = candidate.attempt + 1
  return { ...candidate, attempt, claimId, ref, messageId, budgetKeys: budgetKeys(state.limits, now) }
}

async function writeDropped(
  trx: Trx,
  dropped: readonly { candidate: Candidate; decision: Exclude<ClaimDecision, { kind: 'claim' }> }[],
): Promise<void> {
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

function takings(
  claimed: readonly ClaimedEmail[],
  open: readonly LaneState[],
  budgets: ReadonlyMap<string, Budget>,
  random: number,
  now: Date,
): Budget[] {
  const counts = new Map<string, number>()
  for (const email of claimed) counts.set(email.mailboxId, (counts.get(email.mailboxId) ?? 0) + 1)
  const limits = new Map(open.map((state) => [state.mailboxId, state.limits]))
  return [...counts].flatMap(([mailboxId, count]) => {
    const mailbox = limits.get(mailboxId)
    return mailbox ? takeFrom(budgets, mailbox, count, now, random) : []
  })
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
