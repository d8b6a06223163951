import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { storable, toJson } from '../db/json.ts'
import type { Breach, DeliveryCounts, Guarded } from './decide.ts'

export interface GuardedRef {
  type: 'mailbox' | 'campaign'
  tenantId: string
  id: string
}

export interface GuardedSubject extends GuardedRef, Guarded {
  /** Its address, or its name. */
  name: string
  tenantSettings: unknown
  /** Of the database. */
  now: Date
}

/** What may have to pause: whatever an email has failed from within `days`. And what a guardrail has paused. */
export async function listGuarded(db: Db, days: number): Promise<GuardedSubject[]> {
  const { rows } = await sql<GuardedSubject>`
    with failing as materialized (
      select distinct email_account_id, campaign_id from email_bounces
       where bounced_at > now() - ${days} * interval '1 day' and bounce_type in ('hard', 'complaint')
    ), guarded as (
      select 'mailbox' as type, tenant_id, id, email_address as name, status, guard_paused_at, guarded_from
        from email_accounts
       where status = 'active' and id in (select email_account_id from failing)
          or status = 'paused' and guard_paused_at is not null
      union all
      select 'campaign', tenant_id, id, campaign_name, status, guard_paused_at, guarded_from
        from campaigns
       where status = 'active' and id in (select campaign_id from failing)
          or status = 'paused' and guard_paused_at is not null
    )
    select g.type, g.tenant_id as "tenantId", g.id, g.name, g.guard_paused_at as "pausedAt",
           case g.status when 'active' then 'active' else 'guard_paused' end as state,
           g.guarded_from as "guardedFrom", t.settings as "tenantSettings", now() as now
      from guarded g join tenants t on t.id = g.tenant_id
     order by g.type desc, g.id`.execute(db)
  return rows
}

/**
 * What became of the emails that left since each moment, in the order of the subjects. Counted from the ledger: a bounce
 * counts for the time of its email, so a rate is never of some emails over others. Warmup has a health of its own.
 */
export async function listDeliveryCounts(
  db: Db,
  subjects: readonly (GuardedRef & { from: Date })[],
): Promise<DeliveryCounts[]> {
  if (subjects.length === 0) return []
  const { rows } = await sql<DeliveryCounts>`
    select left_us.count + failed.refused as sent, failed.hard, failed.complaints
      from json_to_recordset(${toJson(subjects.map((subject, position) => ({ ...subject, position })))}) as i (
             position int, type text, "tenantId" uuid, id uuid, "from" timestamptz)
     cross join lateral (
       select case i.type
         when 'mailbox' then (select count(*) from emails e
            where e.tenant_id = i."tenantId" and e.email_account_id = i.id and e.sent_at >= i."from"
              and e.kind <> 'warmup')
         else (select count(*) from emails e
            where e.tenant_id = i."tenantId" and e.campaign_id = i.id and e.status = 'sent' and e.sent_at >= i."from")
         end as count
     ) left_us
     cross join lateral (
       select count(*) filter (where f.hard) as hard, count(*) filter (where f.complained) as complaints,
              count(*) filter (where f.hard and f.status = 'failed') as refused
         from (
           select e.id, e.status, bool_or(b.bounce_type = 'hard') as hard,
                  bool_or(b.bounce_type = 'complaint') as complained
             from email_bounces b
             join emails e on e.tenant_id = b.tenant_id and e.id = b.email_id and e.kind <> 'warmup'
            where b.tenant_id = i."tenantId" and b.bounced_at >= i."from" and b.bounce_type in ('hard', 'complaint')
              and case i.type when 'mailbox' then b.email_account_id else b.campaign_id end = i.id
              and coalesce(e.sent_at, e.claimed_at) >= i."from"
            group by e.id, e.status
         ) f
     ) failed
     order by i.position`.execute(db)
  return rows
}

const tables = { mailbox: 'email_accounts', campaign: 'campaigns' } as const

/** False if somebody was quicker: it is not active any more, or was resumed since it was looked at. */
export async function setGuardPaused(
  trx: Trx,
  { type, tenantId, id, now }: GuardedSubject,
  { code, reason }: { code: Breach['metric']; reason: string },
): Promise<boolean> {
  const pause =
    type === 'mailbox' ? sql`, paused_code = ${code}, paused_until = null, paused_at = now()` : sql``
  const { rows } = await sql`
    update ${sql.id(tables[type])}
       set status = 'paused', status_reason = ${storable(reason)}, guard_paused_at = now(), updated_at = now() ${pause}
     where tenant_id = ${tenantId} and id = ${id} and status = 'active'
       and (guarded_from is null or guarded_from < ${now})
    returning id`.execute(trx)
  return rows.length > 0
}

/** Locks it if a guardrail still keeps it paused. */
export async function lockGuardPaused(trx: Trx, { type, tenantId, id }: GuardedRef): Promise<boolean> {
  const { rows } = await sql`
    select id from ${sql.id(tables[type])}
     where tenant_id = ${tenantId} and id = ${id} and status = 'paused' and guard_paused_at is not null
       for update`.execute(trx)
  return rows.length > 0
}
