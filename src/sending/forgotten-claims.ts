import { startOfNextDay } from '../core/civil-time.ts'
import type { Trx } from '../db/connect.ts'
import { insertMissingBudgets, lockBudgets, setBudgets } from './budget-store.ts'
import { budgetKeys, shardCount } from './budgets.ts'
import { type Budget, takenFrom } from './charge.ts'
import { type ForgottenEmail, listPossiblyClaimed, lockUnclaimed, setForgotten } from './forgotten-store.ts'
import type { LaneState } from './lane-state.ts'
import { listLaneStates } from './lane-state-store.ts'
import { rebalanceTenantDay } from './limit-change-store.ts'
import { messageIdOf, referenceOf } from './message-identity.ts'
import { ownCharges } from './own-budgets.ts'

/**
 * Puts emails that were due by `until` in doubt, as a claim would take them that this database has forgotten: with its
 * Message-IDs and its budgets, which may hold more than their caps then. Returns how many were looked at.
 */
export async function doubtForgotten(trx: Trx, until: Date, reason: string, limit: number): Promise<number> {
  const emails = await listPossiblyClaimed(trx, until, limit)
  await doubtEmails(trx, emails, reason)
  return emails.length
}

/** As `doubtForgotten`, for these. */
export async function doubtEmails(
  trx: Trx,
  emails: readonly ForgottenEmail[],
  reason: string,
): Promise<void> {
  if (emails.length === 0) return
  const { now, states } = await listLaneStates(trx, lanesOf(emails))
  const keysOf = forgottenKeys(emails, states, now)
  const keys = emails.flatMap(({ id, tenantId }) => (keysOf.get(id) ?? []).map((key) => ({ key, tenantId })))
  await insertMissingBudgets(trx, [...new Map(keys.map((one) => [one.key, one])).values()])
  const budgets = await lockBudgets(trx, [...new Set(keys.map(({ key }) => key))])
  const locked = await lockUnclaimed(trx, emails)
  const doubts = emails.flatMap(({ tenantId, id, ...email }) => {
    if (!locked.has(id)) return []
    const ref = email.ref ?? referenceOf({ tenantId, id, ...email })
    const messageId = email.messageId ?? messageIdOf(ref, email.mailboxAddress)
    return [{ tenantId, id, ref, messageId, budgetKeys: keysOf.get(id) ?? [] }]
  })
  await setForgotten(trx, doubts, reason, now)
  await setBudgets(trx, taken(doubts, budgets, now))
  await shareOutTenantDays(trx, states)
}

const laneId = ({ mailboxId, lane }: { mailboxId: string; lane: string }): string => `${mailboxId}:${lane}`

const lanesOf = (emails: readonly ForgottenEmail[]): ForgottenEmail[] => [
  ...new Map(emails.map((email) => [laneId(email), email])).values(),
]

// Sent since whenever: it counts today. Minutes are over, and a gap is waited for anyway.
function forgottenKeys(
  emails: readonly ForgottenEmail[],
  states: readonly LaneState[],
  now: Date,
): Map<string, string[]> {
  const stateOf = new Map(states.map((state) => [laneId(state), state]))
  return new Map(
    emails.map((email, turn): [string, string[]] => {
      const state = stateOf.get(laneId(email))
      if (!state) return [email.id, []]
      const { timezone, dailyLimit: limit } = state.tenant
      const tenantDay = limit
        ? { tenantId: email.tenantId, timezone, limit, shard: turn % shardCount(limit), othersLeft: false }
        : null
      const own = ownCharges(email, { domainPerMinute: null, providerPerMinute: null }, now, (zone) =>
        startOfNextDay(now, zone),
      )
      const mailboxKeys = budgetKeys({ ...state.limits, minGapSeconds: 0, tenantDay }, now)
      return [email.id, [...mailboxKeys, ...own.map(({ key }) => key)]]
    }),
  )
}

function taken(
  doubts: readonly { budgetKeys: readonly string[] }[],
  budgets: ReadonlyMap<string, Budget>,
  now: Date,
): Budget[] {
  const keys = Map.groupBy(
    doubts.flatMap((doubt) => doubt.budgetKeys),
    (key) => key,
  )
  return [...keys].flatMap(([key, { length }]) => {
    const budget = budgets.get(key)
    return budget ? [takenFrom(budget, length, now)] : []
  })
}

// What one row has more than its share the others must have less.
async function shareOutTenantDays(trx: Trx, states: readonly LaneState[]): Promise<void> {
  const caps = new Map(states.map(({ tenantId, tenant }) => [tenantId, tenant.dailyLimit]))
  for (const [tenantId, cap] of [...caps].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (cap && shardCount(cap) > 1) await rebalanceTenantDay(trx, tenantId, cap)
}
