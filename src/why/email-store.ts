import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { EmailFacts, EmailRow, EnrolmentFacts, LaneFacts, SuppressionFacts } from './facts.ts'

/** An email with what stands beside it, without its lane. */
export interface LoadedEmail extends EmailRow {
  tenantId: string
  mailboxId: string
  lane: LaneFacts['lane']
  firstDueAt: Date
  campaignId: string | null
  campaignName: string | null
  campaignStatus: NonNullable<EmailFacts['campaign']>['status'] | null
  campaignReason: string | null
  guardPaused: boolean
  campaignZone: string | null
  campaignDailyLimit: number | null
  newLeadsPerDay: number | null
  isFollowUp: boolean
  configuration: unknown
  step: number | null
  leadId: string | null
  leadZone: string | null
  enrolmentStatus: EnrolmentFacts['status'] | null
  stoppedCode: string | null
  stoppedReason: string | null
  endedAt: Date | null
  heldUntil: Date | null
  planAt: Date | null
  cooldownProvider: string | null
  cooldownUntil: Date | null
  cooldownReason: string | null
}

async function listEmails(db: Db, where: RawBuilder<unknown>): Promise<LoadedEmail[]> {
  const { rows } = await sql<LoadedEmail>`
    select e.tenant_id as "tenantId", e.id, e.to_address as "to", e.status, e.due_at as "dueAt",
           e.first_due_at as "firstDueAt", e.attempt, e.reason_code as code, e.error_message as reason,
           e.reply_code as "replyCode", e.enhanced_status as "enhancedStatus", e.reply_text as "replyText",
           e.claimed_at as "claimedAt", e.lease_until as "leaseUntil", e.sent_at as "sentAt",
           e.updated_at as "updatedAt", e.bounced_at as "bouncedAt", e.bounce_reason as "bounceReason",
           e.complained_at as "complainedAt", e.replied_at as "repliedAt",
           e.duplicate_suspected as "duplicateSuspected", e.email_account_id as "mailboxId", e.lane,
           case when e.look_attempt = e.attempt then e.looks else 0 end as looks,
           case when e.look_attempt = e.attempt then e.next_look_at end as "nextLookAt",
           e.parked_code as "parkedCode", e.parked_reason as "parkedReason", e.campaign_id as "campaignId",
           c.campaign_name as "campaignName", c.status as "campaignStatus", c.status_reason as "campaignReason", c.guard_paused_at is not null as "guardPaused",
           c.timezone as "campaignZone", c.daily_limit as "campaignDailyLimit",
           c.new_leads_per_day as "newLeadsPerDay", e.is_follow_up as "isFollowUp", c.configuration, s.position as step, e.lead_id as "leadId",
           l.timezone as "leadZone", cl.status as "enrolmentStatus", cl.stopped_code as "stoppedCode",
           cl.stopped_reason as "stoppedReason", cl.ended_at as "endedAt", cl.held_until as "heldUntil",
           cl.plan_at as "planAt", rc.provider as "cooldownProvider",
           rc.until_at as "cooldownUntil", rc.reason as "cooldownReason"
      from emails e
      left join recipient_domains rd on rd.domain = e.to_domain
      left join recipient_cooldowns rc
        on rc.tenant_id = e.tenant_id and rc.provider = coalesce(rd.provider, e.to_domain)
      left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
      left join campaign_steps s on s.tenant_id = e.tenant_id and s.id = e.step_id
      left join leads l on l.tenant_id = e.tenant_id and l.id = e.lead_id
      left join campaign_leads cl
        on cl.tenant_id = e.tenant_id and cl.campaign_id = e.campaign_id and cl.lead_id = e.lead_id
     where ${where}
     order by e.campaign_id, s.position, e.due_at`.execute(db)
  return rows
}

export async function findEmail(db: Db, tenantId: string, id: string): Promise<LoadedEmail | undefined> {
  const [email] = await listEmails(db, sql`e.tenant_id = ${tenantId} and e.id = ${id}`)
  return email
}

export async function listEmailsOfLead(db: Db, tenantId: string, leadId: string): Promise<LoadedEmail[]> {
  return listEmails(db, sql`e.tenant_id = ${tenantId} and e.lead_id = ${leadId}`)
}

/** What forbids mail to the address now, with what the report behind it said. */
export async function findSuppression(
  db: Db,
  tenantId: string,
  address: string,
): Promise<SuppressionFacts | null> {
  const { rows } = await sql<SuppressionFacts>`
    select s.scope, s.value, s.reason, s.source, s.created_at as since, s.expires_at as until,
           coalesce(s.evidence ->> 'diagnostic', s.evidence ->> 'says', s.evidence ->> 'file') as evidence
      from suppressions s
     where (s.scope = 'address' and s.value = lower(${address})
            or s.scope = 'domain' and s.value = lower(substring(${address} from '[^@]*$')))
       and (s.tenant_id = ${tenantId} or s.tenant_id is null) and (s.expires_at is null or s.expires_at > now())
     order by s.scope, s.created_at limit 1`.execute(db)
  return rows[0] ?? null
}
