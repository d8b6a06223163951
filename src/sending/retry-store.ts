import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { LaneRef } from './lane-state.ts'

export interface RetryFilter {
  tenantId: string
  campaignId: string
  /** Only those that failed for this reason code. */
  code: string | null
}

export interface FailedEmail {
  tenantId: string
  id: string
  /** Why it failed. */
  code: string
  /** Why it cannot go out again; null: it can. */
  leftFor: 'may_be_sent' | 'replied' | 'mailbox_removed' | 'suppressed' | 'enrolment_ended' | null
}

// A late acceptance of an earlier attempt means that it may have been sent after all; so does what only its recipient can do. A sequence that ended for another
// reason than this failure stays ended.
const failed = ({ tenantId, campaignId, code }: RetryFilter, afterId: string, limit: number) => sql`
  select e.tenant_id as "tenantId", e.id, e.reason_code as code,
         case
           when e.duplicate_suspected
             or coalesce(e.sent_at, e.replied_at, e.opened_at, e.clicked_at, e.complained_at) is not null then 'may_be_sent'
           when exists (
             select 1 from emails o
              where o.tenant_id = e.tenant_id and o.campaign_id = e.campaign_id and o.lead_id = e.lead_id
                and o.replied_at is not null) then 'replied'
           when a.status = 'removed' then 'mailbox_removed'
           when exists (
             select 1 from suppressions s
              where s.value = case s.scope when 'address' then lower(e.to_address) else e.to_domain end
                and s.value in (lower(e.to_address), e.to_domain)
                and (s.tenant_id = e.tenant_id or s.tenant_id is null)
                and (s.expires_at is null or s.expires_at > now())) then 'suppressed'
           when cl.status = 'active' or cl.status = 'stopped' and cl.stopped_code = e.reason_code then null
           else 'enrolment_ended'
         end as "leftFor"
    from emails e
    join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
    left join campaign_leads cl
      on cl.tenant_id = e.tenant_id and cl.campaign_id = e.campaign_id and cl.lead_id = e.lead_id
   where e.tenant_id = ${tenantId} and e.campaign_id = ${campaignId} and e.status = 'failed'
     and (${code}::text is null or e.reason_code = ${code}) and e.id > ${afterId}
   order by e.id limit ${limit}`

/** In the order of their ids, `limit` of those behind `afterId`. */
export async function listFailedEmails(
  db: Db,
  filter: RetryFilter,
  afterId: string,
  limit: number,
): Promise<FailedEmail[]> {
  return (await sql<FailedEmail>`${failed(filter, afterId, limit)}`.execute(db)).rows
}

/** As `listFailedEmails`, locked. */
export async function lockFailedEmails(
  trx: Trx,
  filter: RetryFilter,
  afterId: string,
  limit: number,
): Promise<FailedEmail[]> {
  return (await sql<FailedEmail>`${failed(filter, afterId, limit)} for update of e`.execute(trx)).rows
}

/**
 * Puts locked failed emails back on the schedule as they are, due now, and reopens the sequences that their failures have
 * stopped. Staleness and refusals count anew; budgets were given back when they failed. Returns the lanes that have work.
 */
export async function setRetried(
  trx: Trx,
  emails: readonly Pick<FailedEmail, 'tenantId' | 'id'>[],
  note: { code: string; reason: string },
): Promise<LaneRef[]> {
  if (emails.length === 0) return []
  const { rows } = await sql<LaneRef>`
    with failure as materialized (
      select e.tenant_id, e.id, e.campaign_id, e.lead_id, e.reason_code
        from json_to_recordset(${toJson(emails)}) as i ("tenantId" uuid, id uuid)
        join emails e on e.tenant_id = i."tenantId" and e.id = i.id
    ), retried as (
      update emails e
         set status = 'scheduled', due_at = now(), first_due_at = now(), transient_failures = 0, budget_keys = '{}',
             reason_code = ${note.code}, error_message = ${note.reason}, reply_code = null, enhanced_status = null,
             reply_text = null, updated_at = now()
        from failure f where e.tenant_id = f.tenant_id and e.id = f.id and e.status = 'failed'
      returning e.*
    ), events as (
      insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                                lead_id, email_account_id, data)
      select case kind when 'warmup' then 'warmup' else 'delivery' end, 'deferred', gen_random_uuid(), tenant_id, now(), id,
             attempt, campaign_id, step_id, variant, lead_id, email_account_id, jsonb_build_object('code', reason_code)
        from retried
    ), sequences as (
      update campaign_leads cl
         set status = 'active', stopped_code = null, stopped_reason = null, ended_at = null
        from failure f
       where cl.tenant_id = f.tenant_id and cl.campaign_id = f.campaign_id and cl.lead_id = f.lead_id
         and cl.status = 'stopped' and cl.stopped_code = f.reason_code
    )
    select distinct tenant_id as "tenantId", email_account_id as "mailboxId", lane from retried`.execute(trx)
  return rows
}
