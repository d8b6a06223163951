import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { rampOfAccount } from '../db/ramp-policy.ts'
import type { Health } from './health.ts'

/** A mailbox that takes part, or did within the last days. */
export interface CountedMailbox {
  tenantId: string
  mailboxId: string
  address: string
  status: 'none' | 'warming' | 'ready' | 'paused' | 'quarantined'
  timezone: string
  /** Today in its zone. */
  date: string
  ramp: RampPolicy | null
  ceiling: number
  dailyLimit: number
  health: Health
  healthSince: Date
  /** In quarantine for refusals only: what it was before. */
  healthBefore: Exclude<Health, 'quarantined'> | null
  healthReason: string | null
  now: Date
}

export async function listCounted(db: Db | Trx): Promise<CountedMailbox[]> {
  const { rows } = await sql<CountedMailbox>`
    select w.tenant_id as "tenantId", w.email_account_id as "mailboxId", a.email_address as address,
           a.warmup_status as status, a.timezone, (now() at time zone a.timezone)::date as date, ${rampOfAccount} as ramp,
           w.ramp_ceiling as ceiling, a.daily_limit as "dailyLimit", w.health, w.health_since as "healthSince", w.health_before as "healthBefore", w.health_reason as "healthReason",
           now() as now
      from warmup_accounts w
      join email_accounts a on a.tenant_id = w.tenant_id and a.id = w.email_account_id
     where a.status <> 'removed' and a.warmup_status <> 'none'
     order by w.email_account_id`.execute(db)
  return rows
}

export interface DayCounts {
  mailboxId: string
  date: string
  sent: number
  campaignSent: number
  inbox: number
  junk: number
  rescued: number
  opens: number
  repliesReceived: number
  repliesSent: number
  bounces: number
  complaints: number
  placement: Record<string, { inbox: number; junk: number }>
}

/**
 * What the ledger and both sides' records say of the days from `since` on, by the day of sending in the mailbox's zone. What a
 * partner's side found is counted, and nothing else of it is read.
 */
export async function countDays(
  db: Db | Trx,
  mailboxIds: readonly string[],
  since: string,
): Promise<DayCounts[]> {
  const { rows } = await sql<DayCounts>`
    with mail as (
      select e.email_account_id, e.sent_on as date, e.kind, x.depth, x.partner_provider, r.placement,
             e.bounced_at is not null as bounced, e.complained_at is not null as complained,
             exists (select 1 from warmup_interactions i
                      where i.tenant_id = r.tenant_id and i.email_account_id = r.email_account_id
                        and i.token = r.token and i.interaction_type = 'read') as opened,
             exists (select 1 from warmup_interactions i
                      where i.tenant_id = r.tenant_id and i.email_account_id = r.email_account_id
                        and i.token = r.token and i.interaction_type = 'replied') as answered
        from emails e
        left join warmup_exchanges x on x.tenant_id = e.tenant_id and x.email_id = e.id and x.side = 'sender'
        left join warmup_exchanges r on r.token = x.token and r.side = 'receiver'
       where e.email_account_id = any(${mailboxIds}::uuid[]) and e.sent_at >= ${since}::date - interval '1 day'
         and e.sent_on >= ${since}
      union all
      select e.email_account_id, (e.claimed_at at time zone a.timezone)::date, 'refused', x.depth, x.partner_provider,
             null, true, false, false, false
        from warmup_exchanges x
        join emails e on e.tenant_id = x.tenant_id and e.id = x.email_id and e.status = 'failed'
        join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
       where x.email_account_id = any(${mailboxIds}::uuid[]) and x.side = 'sender' and x.plan_date >= ${since}
         and exists (select 1 from email_bounces b
                      where b.tenant_id = e.tenant_id and b.address = e.to_address and b.email_id = e.id)
    ), providers as (
      select email_account_id, date, json_object_agg(partner_provider, json_build_object('inbox', inbox, 'junk', junk)) as placement
        from (select email_account_id, date, partner_provider,
                     count(*) filter (where placement = 'inbox') as inbox, count(*) filter (where placement = 'junk') as junk
                from mail where placement is not null group by email_account_id, date, partner_provider) p
       group by email_account_id, date
    ), rescues as (
      select i.email_account_id, (i.interaction_at at time zone a.timezone)::date as date, count(*) as rescued
        from warmup_interactions i
        join email_accounts a on a.tenant_id = i.tenant_id and a.id = i.email_account_id
       where i.email_account_id = any(${mailboxIds}::uuid[]) and i.interaction_type = 'rescued'
         and i.interaction_at >= ${since}::date - interval '1 day'
       group by 1, 2
    ), sums as (
      select email_account_id, date, count(*) filter (where kind = 'warmup')::int as sent,
             count(*) filter (where kind not in ('warmup', 'refused'))::int as campaign_sent,
             count(*) filter (where placement = 'inbox')::int as inbox,
             count(*) filter (where placement = 'junk')::int as junk,
             count(*) filter (where kind = 'warmup' and opened)::int as opens,
             count(*) filter (where kind = 'warmup' and answered)::int as replies_received,
             count(*) filter (where kind = 'warmup' and depth > 1)::int as replies_sent,
             count(*) filter (where kind in ('warmup', 'refused') and bounced)::int as bounces,
             count(*) filter (where kind = 'warmup' and complained)::int as complaints
        from mail group by email_account_id, date
    )
    select email_account_id as "mailboxId", date, coalesce(s.sent, 0) as sent, coalesce(s.campaign_sent, 0) as "campaignSent",
           coalesce(s.inbox, 0) as inbox, coalesce(s.junk, 0) as junk, coalesce(r.rescued, 0)::int as rescued,
           coalesce(s.opens, 0) as opens, coalesce(s.replies_received, 0) as "repliesReceived",
           coalesce(s.replies_sent, 0) as "repliesSent", coalesce(s.bounces, 0) as bounces,
           coalesce(s.complaints, 0) as complaints, coalesce(p.placement, '{}') as placement
      from sums s
      full join rescues r using (email_account_id, date)
      left join providers p using (email_account_id, date)`.execute(db)
  return rows
}

export interface DayStats extends DayCounts {
  tenantId: string
  /** What its ramp and its own limit allow; the highest that it was while the day lasts, and that when it is over. */
  cap: number
  reputation: number
}

/** Whole rows: a day that is counted again is what it is then. */
export async function setDays(trx: Trx, days: readonly DayStats[]): Promise<void> {
  if (days.length === 0) return
  await sql`
    insert into warmup_daily_stats (tenant_id, email_account_id, date, ramp_cap, emails_sent, campaign_sent, inbox_count,
      junk_count, rescued, opens_received, replies_received, replies_sent, bounces, complaints, reputation_score, placement)
    select "tenantId", "mailboxId", date, cap, sent, "campaignSent", inbox, junk, rescued, opens, "repliesReceived",
           "repliesSent", bounces, complaints, reputation, placement
      from json_to_recordset(${toJson(days)}) as i (
        "tenantId" uuid, "mailboxId" uuid, date date, cap int, sent int, "campaignSent" int, inbox int, junk int,
        rescued int, opens int, "repliesReceived" int, "repliesSent" int, bounces int, complaints int, reputation int,
        placement jsonb)
     order by "tenantId", "mailboxId", date
    on conflict (tenant_id, email_account_id, date) do update
       set ramp_cap = case when excluded.date < (select (now() at time zone a.timezone)::date from email_accounts a
                                                  where a.id = excluded.email_account_id)
                        then warmup_daily_stats.ramp_cap
                        else greatest(excluded.ramp_cap, warmup_daily_stats.ramp_cap) end,
           emails_sent = excluded.emails_sent, campaign_sent = excluded.campaign_sent,
           inbox_count = excluded.inbox_count, junk_count = excluded.junk_count, rescued = excluded.rescued,
           opens_received = excluded.opens_received, replies_received = excluded.replies_received,
           replies_sent = excluded.replies_sent, bounces = excluded.bounces, complaints = excluded.complaints,
           reputation_score = excluded.reputation_score, placement = excluded.placement, updated_at = now()`.execute(
    trx,
  )
}
