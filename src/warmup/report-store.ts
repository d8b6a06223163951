import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { ReportDay } from './report.ts'

export interface StoredDay extends ReportDay {
  mailboxId: string
  countedAt: Date
}

/** The last `days` days of the mailboxes of a tenant, today in their zones included; one, or all. Oldest first. */
export async function listReportDays(
  db: Db,
  tenantId: string,
  mailboxId: string | null,
  days: number,
): Promise<StoredDay[]> {
  const { rows } = await sql<StoredDay>`
    select s.email_account_id as "mailboxId", s.date, s.ramp_cap as cap, s.emails_sent as "warmupSent",
           s.campaign_sent as "campaignSent", s.inbox_count as inbox, s.junk_count as junk, s.rescued,
           s.replies_received as "repliesReceived", s.replies_sent as "repliesSent", s.bounces, s.complaints,
           s.reputation_score as reputation, s.placement, s.updated_at as "countedAt"
      from warmup_daily_stats s
      join email_accounts a on a.tenant_id = s.tenant_id and a.id = s.email_account_id
     where s.tenant_id = ${tenantId} and (${mailboxId}::uuid is null or s.email_account_id = ${mailboxId})
       and a.status <> 'removed' and s.date > (now() at time zone a.timezone)::date - ${days}::int
     order by a.email_address, s.date`.execute(db)
  return rows
}
