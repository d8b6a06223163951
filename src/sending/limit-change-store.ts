import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { insertMissingBudgets, lockBudgets, setBudgets } from './budget-store.ts'
import { daysOf, mailboxDayKey, shardCount, tenantDayKeys } from './budgets.ts'
import type { Budget } from './charge.ts'
import { insertWakes, type Wake } from './lane-store.ts'

/**
 * Shares what a tenant has sent today out among the rows of its new cap: what they grant from here on and what they have
 * granted is never more than the cap.
 */
export async function rebalanceTenantDay(trx: Trx, tenantId: string, cap: number): Promise<void> {
  const { rows: known } = await sql<{ key: string }>`
    select key from send_budgets
     where tenant_id = ${tenantId} and starts_with(key, ${`tenant/${tenantId}/day/`})`.execute(trx)
  const { now, timezone } = await readTenantTime(trx, tenantId)
  const days = [...new Set([...known.map(({ key }) => key.split('/')[3] ?? ''), ...daysOf(now, timezone)])]
  const shards = shardCount(cap)
  // Also the rows that a claim may be making: it waits for us, or we for it.
  const keys = days.flatMap((day) => tenantDayKeys(tenantId, day)).sort()
  await insertMissingBudgets(
    trx,
    keys.map((key) => ({ key, tenantId })),
  )
  const locked = await lockBudgets(trx, keys)
  await setBudgets(
    trx,
    days.flatMap((day) =>
      sharedOut(
        [...locked.values()].filter(({ key }) => key.split('/')[3] === day),
        shards,
      ),
    ),
  )
}

/**
 * Where it is another day in a mailbox's new zone, that day has given what today has: a ramp has no limit of 24 hours
 * beside its days. Before the zone is changed.
 */
export async function carryDayOver(
  trx: Trx,
  { tenantId, mailboxId }: { tenantId: string; mailboxId: string },
  from: string,
  to: string,
): Promise<void> {
  const { rows } = await sql<{ today: string; next: string }>`
    select (clock_timestamp() at time zone ${from})::date as today, (clock_timestamp() at time zone ${to})::date as next`.execute(
    trx,
  )
  const [day] = rows
  if (!day || day.next === day.today) return
  const [today, next] = [mailboxDayKey(mailboxId, day.today), mailboxDayKey(mailboxId, day.next)]
  await insertMissingBudgets(
    trx,
    [today, next].map((key) => ({ key, tenantId })),
  )
  const locked = await lockBudgets(trx, [today, next])
  const [given, row] = [locked.get(today)?.used ?? 0, locked.get(next)]
  if (row) await setBudgets(trx, [{ ...row, used: Math.max(row.used, given) }])
}

async function readTenantTime(trx: Trx, tenantId: string): Promise<{ now: Date; timezone: string }> {
  const { rows } = await sql<{ now: Date; timezone: string }>`
    select clock_timestamp() as now, timezone from tenants where id = ${tenantId}`.execute(trx)
  return rows[0] ?? { now: new Date(), timezone: 'UTC' }
}

function sharedOut(rows: readonly Budget[], count: number): Budget[] {
  const total = rows.reduce((sum, { used }) => sum + used, 0)
  return rows.map((row) => {
    const shard = Number(row.key.split('/')[4])
    const used = shard < count ? Math.floor(total / count) + (shard < total % count ? 1 : 0) : 0
    return { ...row, used }
  })
}

/** Why a limit puts off an email by itself. */
export const limitCodes = ['campaign_daily_limit', 'new_leads_limit', 'domain_rate', 'provider_rate']

/** A limit has changed: what it had put off is due again, and every lane of the tenant that has work looks again. */
export async function releaseLimited(
  trx: Trx,
  scope: { tenantId: string; campaignId?: string },
): Promise<void> {
  const { rows } = await sql<Wake>`
    with released as (
      update emails set due_at = now(), reason_code = null, error_message = null, updated_at = now()
       where (tenant_id, id) in (
         select tenant_id, id from emails
          where tenant_id = ${scope.tenantId} and status = 'scheduled' and due_at > now()
            and reason_code = any(${limitCodes}::text[])
            and (${scope.campaignId ?? null}::uuid is null or campaign_id = ${scope.campaignId ?? null}::uuid)
          order by tenant_id, id for update)
    ), unblocked as (
      update sending_lanes set blocked_until = null, blocked_code = null, blocked_reason = null
       where tenant_id = ${scope.tenantId} and blocked_code = 'tenant_daily_limit'
    )
    select l.tenant_id as "tenantId", l.email_account_id as "mailboxId", l.lane, 0 as "inMs"
      from sending_lanes l
     where l.tenant_id = ${scope.tenantId}
       and exists (select 1 from emails e where e.email_account_id = l.email_account_id and e.lane = l.lane
                      and e.status = 'scheduled')`.execute(trx)
  await insertWakes(trx, rows)
}
