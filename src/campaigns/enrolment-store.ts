import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

export interface EnrolmentRef {
  tenantId: string
  campaignId: string
  leadId: string
}

export interface ActiveEnrolment extends EnrolmentRef {
  configuration: unknown
  campaignZone: string
  leadZone: string | null
}

/** Every campaign that is still writing to this lead. */
export async function listEnrolmentsOfLead(
  db: Db,
  lead: { tenantId: string; leadId: string },
): Promise<ActiveEnrolment[]> {
  const { rows } = await sql<ActiveEnrolment>`
    select cl.tenant_id as "tenantId", cl.campaign_id as "campaignId", cl.lead_id as "leadId", c.configuration,
           c.timezone as "campaignZone", l.timezone as "leadZone"
      from campaign_leads cl
      join campaigns c on c.tenant_id = cl.tenant_id and c.id = cl.campaign_id
      join leads l on l.tenant_id = cl.tenant_id and l.id = cl.lead_id
     where cl.tenant_id = ${lead.tenantId} and cl.lead_id = ${lead.leadId} and cl.status = 'active'`.execute(
    db,
  )
  return rows
}

/** The leads of a campaign whose address is at this domain and whose sequence still runs. */
export async function listEnrolmentsAtDomain(
  db: Db,
  campaign: { tenantId: string; campaignId: string },
  domain: string,
): Promise<EnrolmentRef[]> {
  const { rows } = await sql<EnrolmentRef>`
    select cl.tenant_id as "tenantId", cl.campaign_id as "campaignId", cl.lead_id as "leadId"
      from campaign_leads cl join leads l on l.tenant_id = cl.tenant_id and l.id = cl.lead_id
     where cl.tenant_id = ${campaign.tenantId} and cl.campaign_id = ${campaign.campaignId} and cl.status = 'active'
       and substring(l.email from '[^@]*$') = ${domain}`.execute(db)
  return rows
}

/** Ends sequences that still run; the others keep how they ended. */
export async function setEnrolmentsStopped(
  trx: Trx,
  enrolments: readonly EnrolmentRef[],
  why: { code: string; reason: string },
): Promise<void> {
  if (enrolments.length === 0) return
  await sql`
    with locked as materialized (${lockEnrolments(enrolments)})
    update campaign_leads cl
       set status = 'stopped', stopped_code = ${why.code}, stopped_reason = ${why.reason}, plan_at = null,
           ended_at = now()
      from locked l
     where cl.tenant_id = l.tenant_id and cl.campaign_id = l.campaign_id and cl.lead_id = l.lead_id
       and cl.status = 'active'`.execute(trx)
}

/** Plans nothing for these leads before `until`; a longer hold stands. */
export async function setEnrolmentsHeld(
  trx: Trx,
  holds: readonly (EnrolmentRef & { until: Date })[],
): Promise<void> {
  if (holds.length === 0) return
  await sql`
    with locked as materialized (${lockEnrolments(holds)})
    update campaign_leads cl set held_until = greatest(cl.held_until, l.until)
      from locked l
     where cl.tenant_id = l.tenant_id and cl.campaign_id = l.campaign_id and cl.lead_id = l.lead_id
       and cl.status = 'active'`.execute(trx)
}

const lockEnrolments = (enrolments: readonly EnrolmentRef[]) => sql`
  select cl.tenant_id, cl.campaign_id, cl.lead_id, i.until
    from campaign_leads cl
    join json_to_recordset(${toJson(enrolments)}) as i (
      "tenantId" uuid, "campaignId" uuid, "leadId" uuid, until timestamptz)
      on cl.tenant_id = i."tenantId" and cl.campaign_id = i."campaignId" and cl.lead_id = i."leadId"
   order by cl.tenant_id, cl.campaign_id, cl.lead_id for update of cl`
