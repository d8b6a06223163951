import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { CampaignFacts } from './campaign.ts'
import type { EnrolmentFacts } from './facts.ts'
import type { EmailGroup } from './groups.ts'

const groupColumns = sql`
  e.status, e.email_account_id as "mailboxId", e.lane, e.status = 'scheduled' and e.due_at <= now() as due,
  e.reason_code as code, min(e.error_message) as reason, e.parked_code as "parkedCode", count(*) as count,
  min(case when e.status = 'unknown' then e.next_look_at else e.due_at end) as first`

/** The emails of a campaign, a mailbox or a tenant, by state, lane and reason. */
export async function listGroups(
  db: Db,
  tenantId: string,
  of: { campaignId?: string; mailboxId?: string },
): Promise<EmailGroup[]> {
  const where = of.campaignId
    ? sql`and e.campaign_id = ${of.campaignId}`
    : of.mailboxId
      ? sql`and e.email_account_id = ${of.mailboxId} and e.status in ('scheduled', 'held', 'submitting', 'unknown')`
      : sql``
  const { rows } = await sql<EmailGroup>`
    select ${groupColumns} from emails e where e.tenant_id = ${tenantId} ${where}
     group by 1, 2, 3, 4, 5, e.parked_code`.execute(db)
  return rows
}

export async function countLeads(
  db: Db,
  tenantId: string,
  campaignId: string,
): Promise<CampaignFacts['leads']> {
  const { rows } = await sql<CampaignFacts['leads']>`
    select count(*) filter (where status = 'active') as active, count(*) filter (where status = 'finished') as finished,
           count(*) filter (where status = 'stopped') as stopped,
           count(*) filter (where status = 'active' and plan_at is not null) as "toPlan",
           count(*) filter (where status = 'active' and held_until > now()) as away
      from campaign_leads where tenant_id = ${tenantId} and campaign_id = ${campaignId}`.execute(db)
  return rows[0] ?? { active: 0, finished: 0, stopped: 0, toPlan: 0, away: 0 }
}

export type LoadedCampaign = Pick<
  CampaignFacts,
  'id' | 'name' | 'status' | 'statusReason' | 'guardPaused' | 'completedAt' | 'enrolledAt'
>

export async function findCampaign(
  db: Db,
  tenantId: string,
  id: string,
): Promise<LoadedCampaign | undefined> {
  return db
    .selectFrom('campaigns')
    .select(['id', 'campaign_name as name', 'status', 'status_reason as statusReason'])
    .select(['completed_at as completedAt', 'enrolled_at as enrolledAt'])
    .select((eb) => eb('guard_paused_at', 'is not', null).$castTo<boolean>().as('guardPaused'))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
}

export async function findTenantStatus(db: Db, id: string): Promise<'active' | 'suspended'> {
  const { status } = await db
    .selectFrom('tenants')
    .select('status')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return status
}

export async function listPausedCampaigns(
  db: Db,
  tenantId: string,
): Promise<{ name: string; reason: string | null }[]> {
  return db
    .selectFrom('campaigns')
    .select(['campaign_name as name', 'status_reason as reason'])
    .where('tenant_id', '=', tenantId)
    .where('status', '=', 'paused')
    .orderBy('campaign_name')
    .execute()
}

export interface LoadedSequence extends EnrolmentFacts {
  campaignId: string
  campaign: string
  campaignStatus: CampaignFacts['status']
  campaignReason: string | null
  guardPaused: boolean
}

/** Every campaign that has taken the lead up, the newest first. */
export async function listSequences(db: Db, tenantId: string, leadId: string): Promise<LoadedSequence[]> {
  const { rows } = await sql<LoadedSequence>`
    select c.id as "campaignId", c.campaign_name as campaign, c.status as "campaignStatus",
           c.status_reason as "campaignReason", c.guard_paused_at is not null as "guardPaused", cl.status, cl.stopped_code as "stoppedCode",
           cl.stopped_reason as "stoppedReason", cl.ended_at as "endedAt", cl.held_until as "heldUntil",
           cl.plan_at as "planAt"
      from campaign_leads cl join campaigns c on c.tenant_id = cl.tenant_id and c.id = cl.campaign_id
     where cl.tenant_id = ${tenantId} and cl.lead_id = ${leadId}
     order by cl.enrolled_at desc`.execute(db)
  return rows
}
