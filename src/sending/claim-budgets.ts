import { startOfNextDay } from '../core/civil-time.ts'
import type { Trx } from '../db/connect.ts'
import { insertMissingBudgets, lockBudgets } from './budget-store.ts'
import { budgetKeys, daysOf, shardCount, shareOf, type TenantDay, tenantDayKey } from './budgets.ts'
import type { LanePick } from './candidate-store.ts'
import type { Budget } from './charge.ts'
import type { LaneRef } from './lane-state.ts'
import { type LaneState, laneBlock } from './lane-state.ts'
import { listLaneStates } from './lane-state-store.ts'
import { ownCharges } from './own-budgets.ts'
import { listBudgets, peekDueEmails } from './peek-store.ts'

/** The budgets of a claim, locked, and by which of a tenant's rows it goes. */
export interface LockedBudgets {
  budgets: Map<string, Budget>
  tenantDays: ReadonlyMap<string, TenantDay>
}

/**
 * Locks the budgets of the lanes that are not blocked, and those of the emails they would pick, in key order. What is
 * read before the locks only says what to lock; what is decided is read again behind them.
 */
export async function lockBudgetsOf(
  trx: Trx,
  requests: readonly (LaneRef & { wanted: number })[],
  draw: number,
): Promise<LockedBudgets> {
  const { now, states } = await listLaneStates(trx, requests)
  const open = states.filter((state) => !laneBlock(state, now))
  const tenantDays = await chooseShards(trx, open, now, draw)
  const wanted = new Map<string, string>()
  for (const state of open) {
    const limits = { ...state.limits, tenantDay: tenantDays.get(state.tenantId) ?? null }
    for (const key of budgetKeys(limits, now)) wanted.set(key, state.tenantId)
  }
  for (const [key, tenantId] of await ownKeys(trx, requests, open, now)) wanted.set(key, tenantId)
  if (wanted.size === 0) return { budgets: new Map(), tenantDays }
  await insertMissingBudgets(
    trx,
    [...wanted].map(([key, tenantId]) => ({ key, tenantId })),
  )
  return { budgets: await lockBudgets(trx, [...wanted.keys()]), tenantDays }
}

/** For each tenant with a cap of its day, the row with the most left of those that nobody has locked yet. */
async function chooseShards(
  trx: Trx,
  states: readonly LaneState[],
  now: Date,
  draw: number,
): Promise<Map<string, TenantDay>> {
  const capped = new Map(
    states.flatMap(({ tenantId, tenant }) =>
      tenant.dailyLimit ? [[tenantId, { timezone: tenant.timezone, limit: tenant.dailyLimit }]] : [],
    ),
  )
  const keys = [...capped].flatMap(([tenantId, { timezone, limit }]) =>
    shardCount(limit) === 1 ? [] : shardKeys(tenantId, limit, now, timezone),
  )
  const used = keys.length > 0 ? await listBudgets(trx, keys) : new Map<string, number>()
  return new Map(
    [...capped].map(([tenantId, day]) => [tenantId, chooseShard({ tenantId, ...day }, used, now, draw)]),
  )
}

function shardKeys(tenantId: string, limit: number, now: Date, timezone: string): string[] {
  const shards = Array.from({ length: shardCount(limit) }, (_, shard) => shard)
  return daysOf(now, timezone).flatMap((day) => shards.map((shard) => tenantDayKey(tenantId, day, shard)))
}

function chooseShard(
  day: Pick<TenantDay, 'tenantId' | 'timezone' | 'limit'>,
  used: ReadonlyMap<string, number>,
  now: Date,
  draw: number,
): TenantDay {
  const count = shardCount(day.limit)
  const leftOfShard = (shard: number) =>
    Math.min(
      ...daysOf(now, day.timezone).map(
        (date) => shareOf(day.limit, shard) - (used.get(tenantDayKey(day.tenantId, date, shard)) ?? 0),
      ),
    )
  // Those who choose at the same time must not all choose the same: any with enough left is good.
  const first = Math.floor(draw * count)
  const shards = Array.from({ length: count }, (_, at) => (first + at) % count)
  const shard = shards.find((one) => leftOfShard(one) > plenty) ?? maxBy(shards, leftOfShard)
  const othersLeft = shards.some((one) => one !== shard && leftOfShard(one) > 0)
  return { ...day, shard, othersLeft }
}

const plenty = 50

const maxBy = (shards: readonly number[], left: (shard: number) => number): number =>
  shards.reduce((best, one) => (left(one) > left(best) ? one : best), shards[0] ?? 0)

/** The keys of the emails that these lanes would pick now; only for tenants that have such limits. */
async function ownKeys(
  trx: Trx,
  requests: readonly (LaneRef & { wanted: number })[],
  open: readonly LaneState[],
  now: Date,
): Promise<[string, string][]> {
  const stateOf = new Map(open.map((state) => [`${state.mailboxId}:${state.lane}`, state]))
  const picks = requests.flatMap((request): LanePick[] => {
    const state = stateOf.get(`${request.mailboxId}:${request.lane}`)
    return state && hasOwnLimits(state) ? [{ ...request, count: request.wanted }] : []
  })
  if (picks.length === 0) return []
  const peeked = await peekDueEmails(trx, picks, now)
  return peeked.flatMap((facts) => {
    const caps = stateOf.get(`${facts.mailboxId}:${facts.lane}`)?.tenant
    if (!caps) return []
    const charges = ownCharges(facts, caps, now, (zone) => startOfNextDay(now, zone))
    return charges.map((charge): [string, string] => [charge.key, facts.tenantId])
  })
}

/** Whether emails of the lane may be refused one by one. */
export const hasOwnLimits = ({ tenant }: LaneState): boolean =>
  tenant.domainPerMinute !== null || tenant.providerPerMinute !== null || tenant.hasLimitedCampaigns
