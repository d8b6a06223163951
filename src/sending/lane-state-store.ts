import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Trx } from '../db/connect.ts'
import { isNotedEpoch } from '../db/epoch.ts'
import { rampOfAccount } from '../db/ramp-policy.ts'
import type { LaneRef, LaneState } from './lane-state.ts'

/** The lanes' mailboxes, pauses and limits, and the database's time, which is the time of the claim. */
export async function listLaneStates(
  trx: Trx,
  lanes: readonly LaneRef[],
): Promise<{ now: Date; sameEpoch: boolean; states: LaneState[] }> {
  const { rows } = await sql<LaneStateRow>`
    select a.tenant_id, a.id as mailbox_id, l.lane, t.status as tenant_status, a.status, a.status_reason,
           a.paused_until, l.blocked_until, l.blocked_code, h.opened_until, a.email_address, a.warmup_status, a.timezone,
           a.daily_limit, a.rolling_limit, a.hourly_limit, a.min_gap_seconds, a.gap_jitter, clock_timestamp() as now,
           t.timezone as tenant_timezone, t.daily_limit as tenant_daily_limit, t.domain_per_minute, t.provider_per_minute,
           exists (select 1 from campaigns c where c.tenant_id = t.id and c.status = 'active'
                      and (c.daily_limit is not null or c.new_leads_per_day is not null)) as limited_campaigns,
           ${isNotedEpoch} as same_epoch, ${rampOfAccount} as ramp,
           case when a.warmup_status = 'warming' and wanted.lane <> 'low' then ${warmupOfToday} else 0 end as kept_for_warmup
      from unnest(${lanes.map((lane) => lane.mailboxId)}::uuid[], ${lanes.map((lane) => lane.lane)}::text[])
             as wanted (mailbox_id, lane)
      join sending_lanes l on l.email_account_id = wanted.mailbox_id and l.lane = wanted.lane
      join email_accounts a on a.tenant_id = l.tenant_id and a.id = l.email_account_id
      join tenants t on t.id = a.tenant_id
      left join smtp_hosts h on h.host = a.smtp_host and h.port = a.smtp_port`.execute(trx)
  const [first] = rows
  return {
    now: first?.now ?? new Date(),
    sameEpoch: first?.same_epoch ?? false,
    states: rows.map(toLaneState),
  }
}

// Only of the few that are being warmed up; by emails_due_idx.
const warmupOfToday = sql`(
  select count(*)::int from emails e
   where e.email_account_id = a.id and e.lane = 'low' and e.status = 'scheduled' and e.kind = 'warmup'
     and e.due_at < ((now() at time zone a.timezone)::date + 1)::timestamp at time zone a.timezone)`

interface LaneStateRow {
  tenant_id: string
  mailbox_id: string
  lane: LaneState['lane']
  tenant_status: LaneState['tenantStatus']
  status: LaneState['status']
  status_reason: string | null
  paused_until: Date | null
  blocked_until: Date | null
  blocked_code: string | null
  opened_until: Date | null
  email_address: string
  warmup_status: LaneState['warmupStatus']
  timezone: string
  daily_limit: number
  rolling_limit: number | null
  hourly_limit: number | null
  min_gap_seconds: number
  gap_jitter: number
  tenant_timezone: string
  tenant_daily_limit: number | null
  domain_per_minute: number | null
  provider_per_minute: number | null
  limited_campaigns: boolean
  now: Date
  same_epoch: boolean
  ramp: RampPolicy | null
  kept_for_warmup: number
}

function toLaneState(row: LaneStateRow): LaneState {
  return {
    tenantId: row.tenant_id,
    mailboxId: row.mailbox_id,
    lane: row.lane,
    tenantStatus: row.tenant_status,
    status: row.status,
    statusReason: row.status_reason,
    pausedUntil: row.paused_until,
    blockedUntil: row.blocked_until,
    blockedCode: row.blocked_code,
    hostOpenedUntil: row.opened_until,
    emailAddress: row.email_address,
    warmupStatus: row.warmup_status,
    limits: {
      mailboxId: row.mailbox_id,
      timezone: row.timezone,
      dailyLimit: row.daily_limit,
      rollingLimit: row.rolling_limit,
      hourlyLimit: row.hourly_limit,
      minGapSeconds: row.min_gap_seconds,
      gapJitter: row.gap_jitter,
      ramp: row.ramp,
      keptForWarmup: row.kept_for_warmup,
    },
    tenant: {
      timezone: row.tenant_timezone,
      dailyLimit: row.tenant_daily_limit,
      domainPerMinute: row.domain_per_minute,
      providerPerMinute: row.provider_per_minute,
      hasLimitedCampaigns: row.limited_campaigns,
    },
  }
}
