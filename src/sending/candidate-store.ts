import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { Candidate, CandidateCampaign, CandidateLead, ThreadMessage } from './claim.ts'
import type { LaneRef } from './lane-state.ts'

export interface LanePick extends LaneRef {
  count: number
}

/**
 * Locks the oldest due emails of each lane, up to its grant, and reads what decides about them.
 * The lateral pick walks emails_due_idx: its cost is the number picked, not the number waiting.
 */
export async function lockDueEmails(trx: Trx, picks: readonly LanePick[], now: Date): Promise<Candidate[]> {
  const { rows } = await sql<CandidateRow>`
    select e.*, s.reason as suppressed_by, cl.status as enrolment_status, cl.stopped_reason as enrolment_reason,
           case when c.id is not null then json_build_object('id', c.id, 'status', c.status,
             'timezone', c.timezone, 'seed', c.seed, 'configuration', c.configuration,
             'dailyLimit', c.daily_limit, 'newLeadsPerDay', c.new_leads_per_day) end as campaign,
           case when ld.id is not null then json_build_object('id', ld.id, 'email', ld.email,
             'first_name', ld.first_name, 'last_name', ld.last_name, 'company', ld.company,
             'position', ld.position, 'timezone', ld.timezone, 'metadata', ld.metadata) end as lead,
           coalesce(rd.provider, e.to_domain) as recipient_provider,
           case when rc.provider is not null
             then json_build_object('until', rc.until_at, 'reason', rc.reason) end as provider_cooldown,
           coalesce(thread.messages, '[]') as thread
      from unnest(${picks.map((pick) => pick.mailboxId)}::uuid[], ${picks.map((pick) => pick.lane)}::text[],
                  ${picks.map((pick) => pick.count)}::int[]) as wanted (mailbox_id, lane, count)
     cross join lateral (
       select * from (
         select ${candidateColumns} from emails
          where email_account_id = wanted.mailbox_id and lane = wanted.lane and status = 'scheduled' and due_at <= ${now}
            and is_follow_up
          order by due_at
          limit wanted.count
            for update skip locked
       ) follow_up
       union all
       select * from (
         select ${candidateColumns} from emails
          where email_account_id = wanted.mailbox_id and lane = wanted.lane and status = 'scheduled' and due_at <= ${now}
            and not is_follow_up
          order by due_at
          limit wanted.count
            for update skip locked
       ) other
       limit wanted.count
     ) e
      left join lateral (
        select reason from suppressions
         where value in (lower(e.to_address), e.to_domain)
           and scope = case when value = lower(e.to_address) then 'address' else 'domain' end
           and (tenant_id = e.tenant_id or tenant_id is null) and (expires_at is null or expires_at > now())
         limit 1
      ) s on true
      left join recipient_domains rd on rd.domain = e.to_domain
      left join recipient_cooldowns rc
        on rc.tenant_id = e.tenant_id and rc.provider = coalesce(rd.provider, e.to_domain)
      left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
      left join leads ld on ld.tenant_id = e.tenant_id and ld.id = e.lead_id
      left join campaign_leads cl
        on cl.tenant_id = e.tenant_id and cl.campaign_id = e.campaign_id and cl.lead_id = e.lead_id
      left join lateral (
        select json_agg(json_build_object('stepId', p.step_id, 'variant', p.variant, 'subject', p.subject, 'sentAt', p.sent_at,
                 'messageId', coalesce(p.server_message_id, p.message_id)) order by p.sent_at) as messages
          from emails p
         where p.tenant_id = e.tenant_id and p.campaign_id = e.campaign_id and p.lead_id = e.lead_id
           and p.status = 'sent' and cl.last_step_id is not null
      ) thread on true
     order by e.is_follow_up desc, e.due_at`.execute(trx)
  return rows.map(toCandidate)
}

const candidateColumns = sql.raw(`
  tenant_id, id, kind, email_account_id, lane, to_address, to_domain, due_at, first_due_at, is_follow_up, attempt,
  transient_failures, message_id, ref, content, campaign_id, lead_id, step_id, variant`)

interface CandidateRow {
  tenant_id: string
  id: string
  kind: Candidate['kind']
  email_account_id: string
  lane: Candidate['lane']
  to_address: string
  to_domain: string
  is_follow_up: boolean
  recipient_provider: string
  provider_cooldown: { until: string; reason: string } | null
  due_at: Date
  first_due_at: Date
  attempt: number
  transient_failures: number
  message_id: string | null
  ref: string | null
  content: unknown
  step_id: string | null
  variant: number | null
  suppressed_by: string | null
  enrolment_status: Candidate['enrolmentStatus']
  enrolment_reason: string | null
  campaign: CandidateCampaign | null
  lead: CandidateLead | null
  thread: (Omit<ThreadMessage, 'sentAt'> & { sentAt: string })[]
}

function toCandidate(row: CandidateRow): Candidate {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    kind: row.kind,
    mailboxId: row.email_account_id,
    lane: row.lane,
    to: row.to_address,
    toDomain: row.to_domain,
    isFollowUp: row.is_follow_up,
    recipientProvider: row.recipient_provider,
    providerCooldown: row.provider_cooldown && {
      ...row.provider_cooldown,
      until: new Date(row.provider_cooldown.until),
    },
    dueAt: row.due_at,
    firstDueAt: row.first_due_at,
    attempt: row.attempt,
    transientFailures: row.transient_failures,
    messageId: row.message_id,
    ref: row.ref,
    content: row.content,
    stepId: row.step_id,
    variant: row.variant,
    suppressedBy: row.suppressed_by,
    enrolmentStatus: row.enrolment_status,
    enrolmentReason: row.enrolment_reason,
    campaign: row.campaign,
    lead: row.lead,
    thread: row.thread.map((message) => ({ ...message, sentAt: new Date(message.sentAt) })),
  }
}
