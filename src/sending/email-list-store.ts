import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { emailStatuses } from './status-store.ts'

export interface EmailFilter {
  tenantId: string
  status?: (typeof emailStatuses)[number] | undefined
  campaignId?: string | undefined
  mailboxId?: string | undefined
  /** A reason code. */
  code?: string | undefined
  limit: number
}

export interface ListedEmail {
  id: string
  status: (typeof emailStatuses)[number]
  recipient: string
  mailbox: string
  campaign: string | null
  step: number | null
  attempt: number
  dueAt: Date
  sentAt: Date | null
  updatedAt: Date
  code: string | null
  reason: string | null
  /** As the server said it. */
  reply: string | null
}

/** The last changed first. */
export async function listEmails(db: Db, filter: EmailFilter): Promise<ListedEmail[]> {
  const { tenantId, status = null, campaignId = null, mailboxId = null, code = null, limit } = filter
  const { rows } = await sql<ListedEmail>`
    select e.id, e.status, e.to_address as recipient, a.email_address as mailbox, c.campaign_name as campaign,
           s.position as step, e.attempt, e.due_at as "dueAt", e.sent_at as "sentAt", e.updated_at as "updatedAt",
           e.reason_code as code, e.error_message as reason,
           nullif(concat_ws(' ', e.reply_code, e.reply_text), '') as reply
      from emails e
      join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
      left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
      left join campaign_steps s on s.tenant_id = e.tenant_id and s.id = e.step_id
     where e.tenant_id = ${tenantId} and (${status}::text is null or e.status = ${status})
       and (${campaignId}::uuid is null or e.campaign_id = ${campaignId})
       and (${mailboxId}::uuid is null or e.email_account_id = ${mailboxId})
       and (${code}::text is null or e.reason_code = ${code})
     order by e.updated_at desc, e.id desc limit ${limit}`.execute(db)
  return rows
}

export interface TimelineEntry {
  at: Date
  /** What happened: a type of event, `looked`, a refusal or a report, or the deed of an operator. */
  what: string
  attempt: number | null
  details: Record<string, unknown>
}

/** All that is kept of what happened to an email, in the order of time. */
export async function listTimeline(db: Db, tenantId: string, id: string): Promise<TimelineEntry[]> {
  const { rows } = await sql<TimelineEntry>`
    select at, what, attempt, details from (
      select created_at as at, 'planned' as what, null::int as attempt,
             jsonb_build_object('firstDueAt', first_due_at) as details, 0 as rank
        from emails where tenant_id = ${tenantId} and id = ${id}
      union all
      select occurred_at, type, attempt, data, 1 from email_events where tenant_id = ${tenantId} and email_id = ${id}
      union all
      select looked_at, 'looked', attempt, jsonb_build_object('result', result, 'folders', folders, 'reason', reason), 2
        from email_looks where tenant_id = ${tenantId} and email_id = ${id}
      union all
      select bounced_at, case when report_id is null then 'refused' else 'reported' end, null,
             jsonb_strip_nulls(jsonb_build_object('type', bounce_type, 'class', bounce_class, 'diagnostic', diagnostic)), 3
        from email_bounces where tenant_id = ${tenantId} and email_id = ${id}
      union all
      select at, action, null, details || jsonb_build_object('by', actor), 4
        from audit_log where entity_type = 'email' and entity_id = ${id} and tenant_id = ${tenantId}
    ) entries
    order by at, rank`.execute(db)
  return rows
}
