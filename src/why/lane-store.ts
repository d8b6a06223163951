import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Db } from '../db/connect.ts'
import { rampOfAccount } from '../db/ramp-policy.ts'
import type { LaneFacts } from './facts.ts'

/** A lane's rows as they stand, without its budget and its job. */
export interface LoadedLane {
  now: Date
  tenantId: string
  tenantName: string
  tenantStatus: 'active' | 'suspended'
  mailboxId: string
  address: string
  status: LaneFacts['mailbox']['status']
  statusReason: string | null
  pausedUntil: Date | null
  guardPaused: boolean
  lane: LaneFacts['lane']
  blockedCode: string | null
  blockedReason: string | null
  blockedUntil: Date | null
  hostName: string
  openedUntil: Date | null
  lastFailure: string | null
  wakeAt: Date | null
  tenantTimezone: string
  tenantDailyLimit: number | null
  timezone: string
  dailyLimit: number
  rollingLimit: number | null
  hourlyLimit: number | null
  minGapSeconds: number
  gapJitter: number
  ramp: RampPolicy | null
}

/** Every lane of these mailboxes. */
export async function listLanes(
  db: Db,
  tenantId: string,
  mailboxIds: readonly string[],
): Promise<LoadedLane[]> {
  const { rows } = await sql<LoadedLane>`
    select now() as now, t.id as "tenantId", t.name as "tenantName", t.status as "tenantStatus",
           t.timezone as "tenantTimezone", t.daily_limit as "tenantDailyLimit",
           a.id as "mailboxId", a.email_address as address, a.status, a.status_reason as "statusReason",
           a.paused_until as "pausedUntil", a.guard_paused_at is not null as "guardPaused", l.lane, l.blocked_code as "blockedCode",
           l.blocked_reason as "blockedReason", l.blocked_until as "blockedUntil",
           a.smtp_host || ':' || a.smtp_port as "hostName", h.opened_until as "openedUntil",
           h.last_failure as "lastFailure", a.timezone, a.daily_limit as "dailyLimit",
           a.rolling_limit as "rollingLimit", a.hourly_limit as "hourlyLimit", a.min_gap_seconds as "minGapSeconds", a.gap_jitter as "gapJitter",
           ${rampOfAccount} as ramp,
           (select min(w.wake_at) from lane_wakes w
             where w.email_account_id = l.email_account_id and w.lane = l.lane) as "wakeAt"
      from email_accounts a
      join tenants t on t.id = a.tenant_id
      join sending_lanes l on l.tenant_id = a.tenant_id and l.email_account_id = a.id
      left join smtp_hosts h on h.host = a.smtp_host and h.port = a.smtp_port
     where a.tenant_id = ${tenantId} and a.id = any(${mailboxIds}::uuid[])
     order by a.email_address, case l.lane when 'high' then 1 when 'normal' then 2 else 3 end`.execute(db)
  return rows
}

export interface BudgetRow {
  key: string
  used: number
  buckets: number[]
  bucketAt: Date | null
  readyAt: Date | null
}

export async function listBudgets(db: Db, keys: readonly string[]): Promise<BudgetRow[]> {
  const { rows } = await sql<BudgetRow>`
    select key, used, buckets, bucket_at as "bucketAt", ready_at as "readyAt"
      from send_budgets where key = any(${keys}::text[])`.execute(db)
  return rows
}
