import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { CampaignKey } from './store.ts'

/** The emails of one step, of one variant if it has several, by what became of them. */
export interface StepFunnel {
  position: number
  name: string
  /** A, B, …; null: the step has none. */
  variant: string | null
  /** All of them; the other figures add up to it. */
  planned: number
  sent: number
  /** Not due yet, or due and not yet claimed. */
  scheduled: number
  /** Put off, for a reason. */
  deferred: number
  /** Out of the way while the campaign is paused. */
  held: number
  /** With the server, which has not answered yet. */
  submitting: number
  failed: number
  skipped: number
  unknown: number
}

export async function listStepFunnels(db: Db, campaign: CampaignKey): Promise<StepFunnel[]> {
  const { rows } = await sql<StepFunnel>`
    select s.position, s.step_name as name, chr(64 + v.variant) as variant, count(e.id) as planned,
           count(*) filter (where e.status = 'sent') as sent,
           count(*) filter (where e.status = 'scheduled' and e.reason_code is null) as scheduled,
           count(*) filter (where e.status = 'scheduled' and e.reason_code is not null) as deferred,
           count(*) filter (where e.status = 'held') as held,
           count(*) filter (where e.status = 'submitting') as submitting,
           count(*) filter (where e.status = 'failed') as failed,
           count(*) filter (where e.status = 'skipped') as skipped,
           count(*) filter (where e.status = 'unknown') as unknown
      from campaign_steps s
      left join campaign_step_variants v on v.tenant_id = s.tenant_id and v.step_id = s.id
      left join emails e on e.tenant_id = s.tenant_id and e.campaign_id = s.campaign_id and e.step_id = s.id
       and e.variant is not distinct from v.variant
     where s.tenant_id = ${campaign.tenant_id} and s.campaign_id = ${campaign.id}
     group by s.position, s.step_name, v.variant order by s.position, v.variant`.execute(db)
  return rows
}

/** Why emails of a campaign did not go out, or not yet. */
export interface EmailReason {
  status: 'scheduled' | 'held' | 'failed' | 'skipped' | 'unknown'
  code: string
  count: number
  /** The words of one of them. */
  example: string
}

export async function listEmailReasons(db: Db, campaign: CampaignKey): Promise<EmailReason[]> {
  const { rows } = await sql<EmailReason>`
    select status, reason_code as code, count(*) as count, min(error_message) as example
      from emails
     where tenant_id = ${campaign.tenant_id} and campaign_id = ${campaign.id}
       and status not in ('sent', 'submitting') and reason_code is not null
     group by status, reason_code order by count(*) desc, status, reason_code`.execute(db)
  return rows
}

/** `finished`: every step was sent. `stopped`: ended by something else than an email, such as a reply. */
export type LeadEnd = 'finished' | 'waiting' | 'stopped' | 'failed' | 'skipped' | 'unknown'

export interface LeadEndCount {
  end: LeadEnd
  /** A reason, or what is waited for. */
  code: string | null
  count: number
  /** When the first of those that wait is due. */
  nextDueAt: Date | null
}

export async function countLeadEnds(db: Db, campaign: CampaignKey): Promise<LeadEndCount[]> {
  const { rows } = await sql<LeadEndCount>`
    select "end", code, count(*) as count, min("dueAt") as "nextDueAt"
      from (${leadEnds(campaign, null)}) ends group by "end", code order by count(*) desc, "end", code`.execute(
    db,
  )
  return rows
}

export interface EnrolledLead {
  leadId: string
  email: string
  mailbox: string
  end: LeadEnd
  code: string | null
  /** The reason in words. */
  reason: string | null
  /** The step of the last email planned. */
  step: string | null
  /** When the email it waits for is due, or until when none is planned. */
  dueAt: Date | null
}

/** The next enrolled leads in the order of their ids, each with how it ended or what it waits for. */
export async function listLeadEnds(
  db: Db,
  campaign: CampaignKey,
  after: string | null,
  limit: number,
): Promise<EnrolledLead[]> {
  const { rows } = await sql<EnrolledLead>`
    select ends.*, l.email, a.email_address as mailbox
      from (${leadEnds(campaign, after)} order by cl.lead_id limit ${limit}) ends
      join leads l on l.tenant_id = ${campaign.tenant_id} and l.id = ends."leadId"
      join email_accounts a on a.id = ends."mailboxId"
     order by ends."leadId"`.execute(db)
  return rows
}

// What ends a sequence from outside, though it skips the email that was planned next.
const answers = ['replied', 'auto_replied', 'company_replied', 'bounced', 'complained', 'unsubscribed']

// What became of a lead follows from its enrolment and its last email.
function leadEnds(campaign: CampaignKey, after: string | null) {
  return sql`
    select cl.lead_id as "leadId", cl.email_account_id as "mailboxId", last.step,
           case when last.status in ('scheduled', 'held') then last.due_at
             when cl.status = 'active' and cl.held_until > now() then cl.held_until end as "dueAt",
           case when cl.status = 'finished' then 'finished'
             when cl.status = 'stopped' and last.status in ('failed', 'skipped')
               and cl.stopped_code <> all (${answers}::text[]) then last.status
             when cl.status = 'stopped' then 'stopped'
             when last.status = 'unknown' then 'unknown'
             else 'waiting' end as "end",
           case when cl.status = 'finished' then null
             when cl.status = 'stopped' then cl.stopped_code
             when last.status = 'submitting' then 'submitting'
             when last.status not in ('unknown', 'held') and cl.held_until > now() then 'held'
             when last.status = 'scheduled' and last.reason_code is null
               then case when last.position = 1 then 'first_email' else 'next_email' end
             when last.status = 'sent' then 'next_step'
             else last.reason_code end as code,
           coalesce(cl.stopped_reason, last.error_message) as reason
      from campaign_leads cl
      left join lateral (
        select e.status, e.due_at, e.reason_code, e.error_message, s.position, s.step_name as step
          from emails e
          join campaign_steps s on s.tenant_id = e.tenant_id and s.id = e.step_id
         where e.tenant_id = cl.tenant_id and e.campaign_id = cl.campaign_id and e.lead_id = cl.lead_id
         order by s.position desc limit 1
      ) last on true
     where cl.tenant_id = ${campaign.tenant_id} and cl.campaign_id = ${campaign.id}
       and (${after}::uuid is null or cl.lead_id > ${after}::uuid)`
}

export interface CampaignProgress {
  tenant: string
  campaign: string
  status: 'active' | 'paused'
  statusReason: string | null
  /** False while the planner has leads to enrol. */
  enrolled: boolean
  planned: number
  sent: number
  failed: number
  skipped: number
  unknown: number
}

/** Campaigns that are under way, the latest launched first; `tenantId` null: of all tenants. */
export async function listCampaignProgress(db: Db, tenantId: string | null): Promise<CampaignProgress[]> {
  const { rows } = await sql<CampaignProgress>`
    select t.name as tenant, c.campaign_name as campaign, c.status, c.status_reason as "statusReason",
           c.enrolled_at is not null as enrolled, emails.*
      from campaigns c
      join tenants t on t.id = c.tenant_id
     cross join lateral (
       select count(*) as planned, count(*) filter (where e.status = 'sent') as sent,
              count(*) filter (where e.status = 'failed') as failed,
              count(*) filter (where e.status = 'skipped') as skipped,
              count(*) filter (where e.status = 'unknown') as unknown
         from emails e where e.tenant_id = c.tenant_id and e.campaign_id = c.id
     ) emails
     where c.status in ('active', 'paused') and (${tenantId}::uuid is null or c.tenant_id = ${tenantId}::uuid)
     order by c.started_at desc`.execute(db)
  return rows
}
