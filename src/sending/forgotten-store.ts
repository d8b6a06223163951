import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { LaneRef } from './lane-state.ts'
import { limitCodes } from './limit-change-store.ts'
import type { EmailIdentity } from './message-identity.ts'
import type { OwnFacts } from './own-budgets.ts'
import type { EmailRef } from './proof-store.ts'

export interface ForgottenEmail extends EmailIdentity, OwnFacts, LaneRef {
  mailboxAddress: string
  ref: string | null
  messageId: string | null
}

/**
 * Emails that were due by `until` and have not left as far as this database knows, in the order of their ids. What a limit
 * has put off was due too: the limit may have been raised since, and that forgotten as well.
 */
export function listPossiblyClaimed(trx: Trx, until: Date, limit: number): Promise<ForgottenEmail[]> {
  return listForgotten(
    trx,
    sql`e.status in ('scheduled', 'held')
        and (e.due_at <= ${until} or e.first_due_at <= ${until} and e.reason_code = any(${limitCodes}::text[]))`,
    limit,
  )
}

export function listByIds(trx: Trx, emails: readonly EmailRef[]): Promise<ForgottenEmail[]> {
  const ids = emails.map(({ id }) => id)
  return listForgotten(trx, sql`e.id = any(${ids}::uuid[])`, ids.length)
}

async function listForgotten(trx: Trx, where: RawBuilder<unknown>, limit: number): Promise<ForgottenEmail[]> {
  const { rows } = await sql<ForgottenEmail>`
    select e.tenant_id as "tenantId", e.id, e.campaign_id as "campaignId", e.lead_id as "leadId", e.step_id as "stepId",
           e.email_account_id as "mailboxId", e.lane, e.to_domain as "toDomain", e.to_domain as "recipientProvider",
           e.is_follow_up as "isFollowUp", e.ref, e.message_id as "messageId", a.email_address as "mailboxAddress",
           case when c.id is not null then json_build_object('id', c.id, 'timezone', c.timezone,
             'dailyLimit', c.daily_limit, 'newLeadsPerDay', c.new_leads_per_day) end as campaign
      from emails e
      join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
      left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
     where ${where}
     order by e.tenant_id, e.id
     limit ${limit}`.execute(trx)
  return rows
}

/** Locks those that still have not left, in the order of their ids; returns these. */
export async function lockUnclaimed(trx: Trx, emails: readonly EmailRef[]): Promise<Set<string>> {
  const keys = emails.map(({ tenantId, id }) => ({ tenantId, id }))
  const { rows } = await sql<{ id: string }>`
    select e.id from json_to_recordset(${toJson(keys)}) as i ("tenantId" uuid, id uuid)
      join emails e on e.tenant_id = i."tenantId" and e.id = i.id
     where e.status in ('scheduled', 'held')
     order by e.tenant_id, e.id for update of e`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

export interface Doubt extends EmailRef {
  ref: string
  messageId: string
  budgetKeys: readonly string[]
}

/**
 * Puts locked emails in doubt: a claim that this database has forgotten may have sent them, as one more attempt. `now` is
 * the moment whose budgets were charged.
 */
export async function setForgotten(
  trx: Trx,
  emails: readonly Doubt[],
  reason: string,
  now: Date,
): Promise<void> {
  if (emails.length === 0) return
  const rows = emails.map((email) => ({ ...email, budgetKeys: `{${email.budgetKeys.join(',')}}` }))
  await sql`
    with doubted as (
      update emails e
         set status = 'unknown', reason_code = 'failover', error_message = ${reason}, attempt = e.attempt + 1,
             claim_id = null, claimed_at = ${now}, lease_until = null, budget_keys = i."budgetKeys"::text[],
             ref = i.ref, message_id = i."messageId", held_at = null, updated_at = now()
        from json_to_recordset(${toJson(rows)}) as i (
          "tenantId" uuid, id uuid, ref text, "messageId" text, "budgetKeys" text)
       where e.tenant_id = i."tenantId" and e.id = i.id
      returning e.*
    )
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                              lead_id, email_account_id, data)
    select case kind when 'warmup' then 'warmup' else 'delivery' end, 'unknown', gen_random_uuid(), tenant_id, now(), id,
           attempt, campaign_id, step_id, variant, lead_id, email_account_id, jsonb_build_object('code', reason_code)
      from doubted`.execute(trx)
}

/** Lifts what a mismatch has blocked; returns the lanes. */
export async function clearEpochBlocks(trx: Trx): Promise<LaneRef[]> {
  const { rows } = await sql<LaneRef>`
    update sending_lanes set blocked_until = null, blocked_code = null, blocked_reason = null
     where blocked_code = 'recovery_needed'
    returning tenant_id as "tenantId", email_account_id as "mailboxId", lane`.execute(trx)
  return rows
}
