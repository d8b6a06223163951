import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

export interface OpenEmail {
  tenantId: string
  id: string
  to: string
}

/** Locks unsent emails to these addresses, at most `limit`; what is on the wire is not held up. `tenantId` null: of every tenant. */
export async function lockOpenEmails(
  trx: Trx,
  tenantId: string | null,
  addresses: readonly string[],
  limit: number,
): Promise<OpenEmail[]> {
  const { rows } = await sql<OpenEmail>`
    select tenant_id as "tenantId", id, to_address as "to" from emails
     where to_address = any(${addresses}::text[]) and status in ('scheduled', 'held')
       and (${tenantId}::uuid is null or tenant_id = ${tenantId})
     order by tenant_id, id limit ${limit}
       for update`.execute(trx)
  return rows
}

/** Ends the sequences of these addresses that wait for a next step. */
export async function setSequencesStopped(
  trx: Trx,
  tenantId: string | null,
  stops: readonly { address: string; reason: string }[],
): Promise<void> {
  await sql`
    update campaign_leads cl
       set status = 'stopped', stopped_code = 'suppressed', stopped_reason = i.reason, plan_at = null, ended_at = now()
      from (select distinct e.tenant_id, e.campaign_id, e.lead_id, r.reason
              from json_to_recordset(${toJson(stops)}) as r (address text, reason text)
              join emails e on e.to_address = r.address
             where e.campaign_id is not null and (${tenantId}::uuid is null or e.tenant_id = ${tenantId})) i
     where cl.tenant_id = i.tenant_id and cl.campaign_id = i.campaign_id and cl.lead_id = i.lead_id
       and cl.status = 'active'`.execute(trx)
}
