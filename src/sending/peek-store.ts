import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { LanePick } from './candidate-store.ts'
import type { LaneRef } from './lane-state.ts'
import type { CampaignCaps, OwnCharge, OwnFacts } from './own-budgets.ts'

export type PeekedEmail = OwnFacts & LaneRef

/** What the oldest due emails of each lane would take from. Locks nothing. */
export async function peekDueEmails(trx: Trx, picks: readonly LanePick[], now: Date): Promise<PeekedEmail[]> {
  const due = (isFollowUp: boolean) => sql`
    select * from (
      select tenant_id, campaign_id, to_domain, is_follow_up, lane, email_account_id from emails
       where email_account_id = wanted.mailbox_id and lane = wanted.lane and status = 'scheduled' and due_at <= ${now}
         and is_follow_up = ${isFollowUp}
       order by due_at limit wanted.count) d`
  const { rows } = await sql<PeekedEmail & { campaign: CampaignCaps | null }>`
    select e.tenant_id as "tenantId", e.email_account_id as "mailboxId", e.lane, e.to_domain as "toDomain",
           e.is_follow_up as "isFollowUp", coalesce(r.provider, e.to_domain) as "recipientProvider",
           case when c.id is not null then json_build_object('id', c.id, 'timezone', c.timezone,
             'dailyLimit', c.daily_limit, 'newLeadsPerDay', c.new_leads_per_day) end as campaign
      from unnest(${picks.map((pick) => pick.mailboxId)}::uuid[], ${picks.map((pick) => pick.lane)}::text[],
                  ${picks.map((pick) => pick.count)}::int[]) as wanted (mailbox_id, lane, count)
     cross join lateral (${due(true)} union all ${due(false)} limit wanted.count) e
      left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
      left join recipient_domains r on r.domain = e.to_domain`.execute(trx)
  return rows
}

/** What has been taken from these budgets, as far as it is committed. Locks nothing. */
export async function listBudgets(trx: Trx, keys: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ key: string; used: number }>`
    select key, used from send_budgets where key = any(${keys}::text[])`.execute(trx)
  return new Map(rows.map((row) => [row.key, row.used]))
}

/** Emails of a lane that an exhausted budget would refuse one by one. */
export interface Refused extends LaneRef {
  scope: OwnCharge['scope']
  value: string
  until: Date
  code: string
  reason: string
  /** As many become due at `until`, as many `everyMs` later, and so on. */
  cap: number
  everyMs: number
}

const alikeAtATime = 1000

/** Puts them off together, so that they do not hold up the others of their lane. */
export async function postponeAlike(trx: Trx, refused: readonly Refused[], now: Date): Promise<void> {
  if (refused.length === 0) return
  await sql`
    with groups as materialized (
      select row_number() over () as nr, i.* from json_to_recordset(${toJson(refused)}) as i (
        "mailboxId" uuid, lane text, scope text, value text, until timestamptz, code text, reason text, cap int,
        "everyMs" float8)
    ), alike as materialized (
      select e.tenant_id, e.id, g.code, g.reason,
             g.until + (row_number() over (partition by g.nr order by e.due_at) - 1) / g.cap
               * g."everyMs" * interval '1 millisecond' as due_at
        from groups g
       cross join lateral (
         select tenant_id, id, due_at from emails w
          where w.email_account_id = g."mailboxId" and w.lane = g.lane and w.status = 'scheduled' and w.due_at <= ${now}
            and case g.scope
              when 'campaign' then w.campaign_id = g.value::uuid
              when 'new_leads' then w.campaign_id = g.value::uuid and not w.is_follow_up
              when 'domain' then w.to_domain = g.value
              else coalesce((select r.provider from recipient_domains r where r.domain = w.to_domain), w.to_domain) = g.value
            end
          order by w.due_at limit ${alikeAtATime}
            for update skip locked
       ) e
    )
    update emails e set due_at = a.due_at, reason_code = a.code, error_message = a.reason, updated_at = now()
      from (select distinct on (tenant_id, id) * from alike order by tenant_id, id, due_at desc) a
     where e.tenant_id = a.tenant_id and e.id = a.id`.execute(trx)
}
