import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { LaneRef } from './lane-state.ts'
import type { EmailRef } from './proof-store.ts'
import type { SequenceRef } from './sequence-store.ts'

export interface UnsentEmail extends EmailRef {
  campaignId: string | null
  leadId: string | null
}

/** Locks what of these sequences has not left yet, in the order in which every writer locks emails. */
export async function lockUnsent(trx: Trx, sequences: readonly SequenceRef[]): Promise<UnsentEmail[]> {
  const { rows } = await sql<UnsentEmail>`
    select e.tenant_id as "tenantId", e.id, e.campaign_id as "campaignId", e.lead_id as "leadId"
      from json_to_recordset(${toJson(sequences)}) as i ("tenantId" uuid, "campaignId" uuid, "leadId" uuid)
      join emails e on e.tenant_id = i."tenantId" and e.campaign_id = i."campaignId" and e.lead_id = i."leadId"
     where e.status in ('scheduled', 'held')
     order by e.tenant_id, e.id
       for update of e`.execute(trx)
  return rows
}

/**
 * Locks what still waits on this mailbox: emails of no sequence, and those whose lead has another mailbox by now,
 * which is named.
 */
export async function lockUnsentOfMailbox(
  trx: Trx,
  mailbox: { tenantId: string; mailboxId: string },
  limit: number,
): Promise<(EmailRef & { successorId: string | null })[]> {
  const { rows } = await sql<EmailRef & { successorId: string | null }>`
    select e.tenant_id as "tenantId", e.id,
           (select cl.email_account_id from campaign_leads cl
             where cl.tenant_id = e.tenant_id and cl.campaign_id = e.campaign_id and cl.lead_id = e.lead_id
               and cl.status = 'active' and cl.email_account_id <> e.email_account_id) as "successorId"
      from emails e
     where e.tenant_id = ${mailbox.tenantId} and e.email_account_id = ${mailbox.mailboxId}
       and e.status in ('scheduled', 'held')
     order by e.tenant_id, e.id
     limit ${limit} for update`.execute(trx)
  return rows
}

/** Mailboxes that were removed and on which something is scheduled. One descent of emails_due_idx each. */
export async function listRemovedWithWork(
  db: Db,
  limit: number,
): Promise<{ tenantId: string; mailboxId: string }[]> {
  const { rows } = await sql<{ tenantId: string; mailboxId: string }>`
    select a.tenant_id as "tenantId", a.id as "mailboxId" from email_accounts a
     where a.status = 'removed'
       and exists (select 1 from emails e where e.email_account_id = a.id and e.status = 'scheduled')
     order by a.id limit ${limit}`.execute(db)
  return rows
}

/** True while a submission from the mailbox may be on the wire. */
export async function isSubmitting(
  trx: Trx,
  mailbox: { tenantId: string; mailboxId: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from emails
     where tenant_id = ${mailbox.tenantId} and email_account_id = ${mailbox.mailboxId} and status = 'submitting'
     limit 1`.execute(trx)
  return rows.length > 0
}

/** Lets locked emails leave from other mailboxes; returns the lanes that have work. */
export async function setEmailsMailbox(
  trx: Trx,
  moves: readonly (EmailRef & { mailboxId: string })[],
): Promise<(LaneRef & { at: Date })[]> {
  if (moves.length === 0) return []
  const { rows } = await sql<LaneRef & { at: Date }>`
    with moved as (
      update emails e
         set email_account_id = i."mailboxId", updated_at = now()
        from json_to_recordset(${toJson(moves)}) as i ("tenantId" uuid, id uuid, "mailboxId" uuid)
       where e.tenant_id = i."tenantId" and e.id = i.id and e.status in ('scheduled', 'held')
      returning e.tenant_id, e.email_account_id, e.lane, e.due_at
    )
    select tenant_id as "tenantId", email_account_id as "mailboxId", lane, min(due_at) as at
      from moved group by tenant_id, email_account_id, lane`.execute(trx)
  return rows
}
