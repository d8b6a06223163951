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
  health: Health
  healthSince: Date
  healthReason: string | null
  now: Date
}

export async function listCounted(db: Db | Trx): Promise<CountedMailbox[]> {
  const { rows } = await sql<CountedMailbox>`
    select w.tenant_id as "tenantId", w.email_account_id as "mailboxId", a.email_address as address,
           a.warmup_status as status, a.timezone, (now() at time zone a.timezone)::date as date, ${rampOfAccount} as ramp,
           w.ramp_ceiling as ceiling, w.health, w.health_since as "healthSince", w.health_reason as "healthReason",
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
             count(*) filter (where kind <> 'warmup')::int as campaign_sent,
             count(*) filter (where placement = 'inbox')::int as inbox,
             count(*) filter (where placement = 'junk')::int as junk,
             count(*) filter (where kind = 'warmup' and opened)::int as opens,
             count(*) filter (where kind = 'warmup' and answered)::int as replies_received,
             count(*) filter (where kind = 'warmup' and depth > 1)::int as replies_sent,
             count(*) filter (where kind = 'warmup' and bounced)::int as bounces,
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
  /** The cap of a day that is over stays what it was. */
  isToday: boolean
  rampCap: number
  reputation: number
}

/** Whole rows: a day that is counted again is what it is then. */
export async function setDays(trx: Trx, days: readonly DayStats[]): Promise<void> {
  if (days.length === 0) return
  const todays = [...new Set(days.filter(({ isToday }) => isToday).map(({ date }) => date))]
  await sql`
    insert into warmup_daily_stats (tenant_id, email_account_id, date, ramp_cap, emails_sent, campaign_sent, inbox_count,
      junk_count, rescued, opens_received, replies_received, replies_sent, bounces, complaints, reputation_score, placement)
    select "tenantId", "mailboxId", date, "rampCap", sent, "campaignSent", inbox, junk, rescued, opens, "repliesReceived",
           "repliesSent", bounces, complaints, reputation, placement
      from json_to_recordset(${toJson(days)}) as i (
        "tenantId" uuid, "mailboxId" uuid, date date, "rampCap" int, sent int, "campaignSent" int, inbox int, junk int,
        rescued int, opens int, "repliesReceived" int, "repliesSent" int, bounces int, complaints int, reputation int,
        placement jsonb)
     order by "tenantId", "mailboxId", date
    on conflict (tenant_id, email_account_id, date) do update
       set ramp_cap = case when excluded.date = any(${todays}::date[]) then excluded.ramp_cap else warmup_daily_stats.ramp_cap end,
           emails_sent = excluded.emails_sent, campaign_sent = excluded.campaign_sent,
           inbox_count = excluded.inbox_count, junk_count = excluded.junk_count, rescued = excluded.rescued,
           opens_received = excluded.opens_received, replies_received = excluded.replies_received,
           replies_sent = excluded.replies_sent, bounces = excluded.bounces, complaints = excluded.complaints,
           reputation_score = excluded.reputation_score, placement = excluded.placement, updated_at = now()`.execute(
    trx,
  )
}

/**
 * Why these mailboxes are of no use to a pool, in words: warmup messages bounced off them for good, or they complained of one,
 * since `since` and since their health last changed. One in quarantine stays so for what brought it there.
 */
export async function listRefusals(
  db: Db | Trx,
  mailboxIds: readonly string[],
  since: Date,
): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; complained: boolean; reason: string | null }>`
    select r.email_account_id as id, bool_or(e.complained_at is not null) as complained, max(e.bounce_reason) as reason
      from warmup_exchanges r
      join warmup_exchanges s on s.token = r.token and s.side = 'sender'
      join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
      join warmup_accounts w on w.tenant_id = r.tenant_id and w.email_account_id = r.email_account_id
     where r.email_account_id = any(${mailboxIds}::uuid[]) and r.side = 'receiver'
       and greatest(e.complained_at, case e.bounce_type when 'hard' then e.bounced_at end)
             > case w.health when 'quarantined' then w.created_at else greatest(${since}, w.health_since) end
     group by r.email_account_id`.execute(db)
  return new Map(
    rows.map(({ id, complained, reason }) => [
      id,
      complained
        ? 'it complained of a warmup message'
        : `a warmup message to it bounced: ${reason ?? 'for good'}`,
    ]),
  )
}

/** Leaving quarantine, the ramp goes on where it stood. */
export async function setHealth(
  trx: Trx,
  { tenantId, mailboxId }: { tenantId: string; mailboxId: string },
  health: Health,
  reason: string | null,
): Promise<void> {
  await sql`
    update warmup_accounts
       set started_on = started_on + case health when 'quarantined' then now()::date - health_since::date else 0 end,
           health = ${health}, health_reason = ${reason}, health_since = now(), updated_at = now()
     where tenant_id = ${tenantId} and email_account_id = ${mailboxId}`.execute(trx)
}

/** Only from the state it was looked at in: what somebody has decided meanwhile stays. */
export async function setWarmupStatus(
  trx: Trx,
  { tenantId, mailboxId, status }: Pick<CountedMailbox, 'tenantId' | 'mailboxId' | 'status'>,
  next: CountedMailbox['status'],
): Promise<void> {
  await sql`
    update email_accounts set warmup_status = ${next}, updated_at = now()
     where tenant_id = ${tenantId} and id = ${mailboxId} and warmup_status = ${status}`.execute(trx)
}
