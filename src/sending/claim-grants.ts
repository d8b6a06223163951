import { startOfNextDay } from '../core/civil-time.ts'
import { grantFrom, takeFrom } from './budgets.ts'
import type { LanePick } from './candidate-store.ts'
import type { Budget } from './charge.ts'
import type { LaneBlock, LaneRef, LaneState } from './lane-state.ts'

/** A mailbox at one priority: what a claim grants to, and what waits when it grants nothing. */
export const laneId = (lane: { mailboxId: string; lane: string }): string => `${lane.mailboxId}:${lane.lane}`

const urgency = { high: 0, normal: 1, low: 2 } as const

/** Lanes of one mailbox take turns, the urgent first: each is granted what those before it really took. */
export function roundsOf<Request extends LaneRef>(requests: readonly Request[]): Request[][] {
  const urgentFirst = requests.toSorted((a, b) => urgency[a.lane] - urgency[b.lane])
  const turns = [...Map.groupBy(urgentFirst, (request) => request.mailboxId).values()]
  const rounds = Math.max(0, ...turns.map((lanes) => lanes.length))
  return Array.from({ length: rounds }, (_, turn) => turns.flatMap((lanes) => lanes.slice(turn, turn + 1)))
}

/** Grants each lane what is left. A lane granted nothing gets its block. */
export function grantLanes(
  requests: readonly (LaneRef & { wanted: number })[],
  stateOf: ReadonlyMap<string, LaneState>,
  budgets: ReadonlyMap<string, Budget>,
  blocks: Map<string, LaneBlock | undefined>,
  now: Date,
): LanePick[] {
  // Lanes of one tenant share a budget: each is granted what those before it may still leave.
  const tentative = new Map(budgets)
  return requests.flatMap((request) => {
    const state = stateOf.get(laneId(request))
    if (!state || blocks.get(laneId(request))) return []
    const grant = grantFrom(tentative, state.limits, request.wanted, now, (zone) => startOfNextDay(now, zone))
    if (grant.block) blocks.set(laneId(request), grant.block)
    for (const budget of takeFrom(tentative, state.limits, grant.count, now, 0))
      tentative.set(budget.key, budget)
    return grant.count > 0 ? [{ ...request, count: grant.count }] : []
  })
}

/** Takes what was claimed from the lanes' budgets, one lane after the other: mailboxes of a tenant share a row. */
export function chargeLanes(
  claimed: readonly LaneRef[],
  stateOf: ReadonlyMap<string, LaneState>,
  budgets: Map<string, Budget>,
  random: () => number,
  now: Date,
): void {
  for (const [lane, emails] of Map.groupBy(claimed, laneId)) {
    const state = stateOf.get(lane)
    if (!state) continue
    for (const budget of takeFrom(budgets, state.limits, emails.length, now, random()))
      budgets.set(budget.key, budget)
  }
}
