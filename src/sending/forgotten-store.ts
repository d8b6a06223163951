import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { LaneRef } from './claim-store.ts'
import type { EmailIdentity } from './message-identity.ts'

export interface ForgottenEmail extends EmailIdentity {
  mailboxAddress: string
  ref: string | null
  messageId: string | null
}

/** Locks emails that were due by `until` and have not left as far as this database knows; in the order of their ids. */
export async function lockPossiblyClaimed(trx: Trx, until: Date, limit: number): Promise<ForgottenEmail[]> {
  const { rows } = await sql<ForgottenEmail>`
    select e.tenant_id as "tenantId", e.id, e.campaign_id as "campaignId", e.lead_id as "leadId", e.step_id as "stepId",
           e.ref, e.message_id as "messageId", a.email_address as "mailboxAddress"
      from emails e join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
     where e.status in ('scheduled', 'held') and e.due_at <= ${until}
     order by e.tenant_id, e.id
     limit ${limit} for update of e`.execute(trx)
  return rows
}

export interface Doubt {
  tenantId: string
  id: string
  ref: string
  messageId: string
}

/** Puts locked emails in doubt: a claim that this database has forgotten may have sent them, as one more attempt. */
export async function setForgotten(trx: Trx, emails: readonly Doubt[], reason: string): Promise<void> {
  if (emails.length === 0) return
  await sql`
    with doubted as (
      update emails e
         set status = 'unknown', reason_code = 'failover', error_message = ${reason}, attempt = e.attempt + 1,
             claim_id = null, claimed_at = now(), lease_until = null, budget_keys = '{}', ref = i.ref,
             message_id = i."messageId", held_at = null, updated_at = now()
        from json_to_recordset(${toJson(emails)}) as i ("tenantId" uuid, id uuid, ref text, "messageId" text)
       where e.tenant_id = i."tenantId" and e.id = i.id
      returning e.*
    )
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id,
                              lead_id, email_account_id, data)
    select 'delivery', 'unknown', gen_random_uuid(), tenant_id, now(), id, attempt, campaign_id, step_id, lead_id,
           email_account_id, jsonb_build_object('code', reason_code)
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
