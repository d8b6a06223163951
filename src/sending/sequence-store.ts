import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { LaneRef } from './lane-state.ts'
import type { EmailRef } from './proof-store.ts'

/** A lead's place in a campaign. */
export interface SequenceRef {
  tenantId: string
  campaignId: string
  leadId: string
}

/** Locks one email and the unsent ones of these sequences, in the order in which every writer locks emails. */
export async function lockSequenceEmails(
  trx: Trx,
  email: EmailRef,
  sequences: readonly SequenceRef[],
): Promise<void> {
  await sql`
    select e.id from emails e
     where (e.tenant_id, e.id) in (
       select ${email.tenantId}::uuid, ${email.id}::uuid
        union all
       select o.tenant_id, o.id
         from json_to_recordset(${JSON.stringify(sequences)}) as i ("tenantId" uuid, "campaignId" uuid, "leadId" uuid)
         join emails o on o.tenant_id = i."tenantId" and o.campaign_id = i."campaignId" and o.lead_id = i."leadId"
        where o.status in ('scheduled', 'held'))
     order by e.tenant_id, e.id for update`.execute(trx)
}

/** What of these sequences has not left yet. */
export async function listUnsent(trx: Trx, sequences: readonly SequenceRef[]): Promise<EmailRef[]> {
  if (sequences.length === 0) return []
  const { rows } = await sql<EmailRef>`
    select e.tenant_id as "tenantId", e.id
      from json_to_recordset(${JSON.stringify(sequences)}) as i ("tenantId" uuid, "campaignId" uuid, "leadId" uuid)
      join emails e on e.tenant_id = i."tenantId" and e.campaign_id = i."campaignId" and e.lead_id = i."leadId"
     where e.status in ('scheduled', 'held')
     order by e.tenant_id, e.id`.execute(trx)
  return rows
}

/**
 * Moves what has not left yet to `until` at the earliest; what it waited for is not held against it (staleness counts from
 * the new time). Returns the lanes that have work then.
 */
export async function setNotBefore(
  trx: Trx,
  holds: readonly (SequenceRef & { until: Date })[],
): Promise<(LaneRef & { at: Date })[]> {
  if (holds.length === 0) return []
  const { rows } = await sql<LaneRef & { at: Date }>`
    with moved as (
      update emails e
         set due_at = i.until, first_due_at = greatest(e.first_due_at, i.until), updated_at = now()
        from json_to_recordset(${JSON.stringify(holds)}) as i (
          "tenantId" uuid, "campaignId" uuid, "leadId" uuid, until timestamptz)
       where e.tenant_id = i."tenantId" and e.campaign_id = i."campaignId" and e.lead_id = i."leadId"
         and e.status in ('scheduled', 'held') and e.due_at < i.until
      returning e.tenant_id, e.email_account_id, e.lane, e.due_at
    )
    select tenant_id as "tenantId", email_account_id as "mailboxId", lane, min(due_at) as at
      from moved group by tenant_id, email_account_id, lane`.execute(trx)
  return rows
}
