import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { Campaign, CampaignKey } from './store.ts'

export interface UnbegunEmail {
  id: string
  leadId: string
  zone: string | null
  dueAt: Date
}

/** Locks first emails that were never tried and are due later, in the order of their ids; `limitCodes`: or were put off for. */
export async function lockUnbegun(
  trx: Trx,
  campaign: CampaignKey,
  limitCodes: readonly string[],
): Promise<UnbegunEmail[]> {
  const { rows } = await sql<UnbegunEmail>`
    select e.id, e.lead_id as "leadId", l.timezone as zone, e.due_at as "dueAt"
      from emails e join leads l on l.tenant_id = e.tenant_id and l.id = e.lead_id
     where e.tenant_id = ${campaign.tenant_id} and e.campaign_id = ${campaign.id} and not e.is_follow_up
       and e.status in ('scheduled', 'held') and e.attempt = 0 and e.due_at > now()
       and (e.reason_code is null or e.reason_code = any(${limitCodes}::text[]))
     order by e.tenant_id, e.id for update of e`.execute(trx)
  return rows
}

export interface NewPlan {
  id: string
  leadId: string
  mailboxId: string
  dueAt: Date
}

/** Plans locked first emails anew, from another mailbox perhaps. */
export async function setFirstEmailPlans(
  trx: Trx,
  campaign: Pick<Campaign, 'tenant_id' | 'id'>,
  plans: readonly NewPlan[],
): Promise<void> {
  await sql`
    with i as materialized (
      select * from json_to_recordset(${toJson(plans)}) as i (
        id uuid, "leadId" uuid, "mailboxId" uuid, "dueAt" timestamptz)
    ), planned as (
      update emails e
         set due_at = i."dueAt", first_due_at = i."dueAt", email_account_id = i."mailboxId", reason_code = null,
             error_message = null, updated_at = now()
        from i where e.tenant_id = ${campaign.tenant_id} and e.id = i.id
    )
    update campaign_leads cl set next_due_at = i."dueAt", email_account_id = i."mailboxId"
      from i
     where cl.tenant_id = ${campaign.tenant_id} and cl.campaign_id = ${campaign.id}
       and cl.lead_id = i."leadId"`.execute(trx)
}
