import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { EnrolmentRef } from './enrolment-store.ts'

export interface EnrolmentOfMailbox extends EnrolmentRef {
  /** Null until its first email went out. */
  lastStepId: string | null
  configuration: unknown
}

interface MailboxRef {
  tenantId: string
  mailboxId: string
}

/** Leads whose sequence runs on this mailbox, in the order of their ids. */
export async function listEnrolmentsOfMailbox(
  trx: Trx,
  mailbox: MailboxRef,
  limit: number,
): Promise<EnrolmentOfMailbox[]> {
  const { rows } = await sql<EnrolmentOfMailbox>`
    select cl.tenant_id as "tenantId", cl.campaign_id as "campaignId", cl.lead_id as "leadId",
           cl.last_step_id as "lastStepId", c.configuration
      from campaigns c
      join campaign_leads cl on cl.tenant_id = c.tenant_id and cl.campaign_id = c.id and cl.status = 'active'
     where c.tenant_id = ${mailbox.tenantId} and c.status in ('active', 'paused')
       and cl.email_account_id = ${mailbox.mailboxId}
     order by cl.campaign_id, cl.lead_id
     limit ${limit}`.execute(trx)
  return rows
}

/** The other mailboxes of these campaigns' rotations, in order. */
export async function listOtherMailboxes(
  trx: Trx,
  mailbox: MailboxRef,
  campaignIds: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ campaignId: string; mailboxIds: string[] }>`
    select m.campaign_id as "campaignId", array_agg(m.email_account_id order by m.position) as "mailboxIds"
      from campaign_mailboxes m
      join email_accounts a on a.tenant_id = m.tenant_id and a.id = m.email_account_id and a.status <> 'removed'
     where m.tenant_id = ${mailbox.tenantId} and m.campaign_id = any(${campaignIds}::uuid[])
       and m.email_account_id <> ${mailbox.mailboxId}
     group by m.campaign_id`.execute(trx)
  return new Map(rows.map((row) => [row.campaignId, row.mailboxIds]))
}

/** From now on these sequences run on other mailboxes. */
export async function setEnrolmentsMailbox(
  trx: Trx,
  moves: readonly (EnrolmentRef & { mailboxId: string })[],
): Promise<void> {
  if (moves.length === 0) return
  await sql`
    update campaign_leads cl set email_account_id = i."mailboxId"
      from json_to_recordset(${toJson(moves)}) as i (
        "tenantId" uuid, "campaignId" uuid, "leadId" uuid, "mailboxId" uuid)
     where cl.tenant_id = i."tenantId" and cl.campaign_id = i."campaignId" and cl.lead_id = i."leadId"`.execute(
    trx,
  )
}

/** The planner gives it no more leads, in no campaign. Waits for a planner that has read the rotation already. */
export async function deleteFromRotations(trx: Trx, mailbox: MailboxRef): Promise<void> {
  await sql`
    select c.id from campaigns c
      join campaign_mailboxes m on m.tenant_id = c.tenant_id and m.campaign_id = c.id
     where m.tenant_id = ${mailbox.tenantId} and m.email_account_id = ${mailbox.mailboxId}
     order by c.id for update of c`.execute(trx)
  await trx
    .deleteFrom('campaign_mailboxes')
    .where('tenant_id', '=', mailbox.tenantId)
    .where('email_account_id', '=', mailbox.mailboxId)
    .execute()
}
