import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { LedgerEntry } from './demo-accounts.ts'
import type { FollowUp, ReceivedMessage } from './demo-answer-account.ts'
import type { ReadingCounts } from './readers.ts'

/** Every email that was ever claimed. */
export async function listClaimedEmails(db: Db): Promise<LedgerEntry[]> {
  const { rows } = await sql<LedgerEntry>`
    select message_id as "messageId", status from emails where message_id is not null`.execute(db)
  return rows
}

/** Emails that were put off and went out later, by the first reason. */
export async function listLateDeliveries(db: Db): Promise<{ code: string; count: number }[]> {
  const { rows } = await sql<{ code: string; count: number }>`
    select first.code, count(*) as count
      from (select distinct on (v.email_id) v.email_id, v.tenant_id, v.data ->> 'code' as code
              from email_events v where v.type = 'deferred' order by v.email_id, v.recorded_at) first
      join emails e on e.tenant_id = first.tenant_id and e.id = first.email_id and e.status = 'sent'
     group by first.code order by count(*) desc`.execute(db)
  return rows
}

/** How often the mailboxes of a tenant are looked into. */
export async function setSyncInterval(trx: Trx, tenantId: string, seconds: number): Promise<void> {
  await trx
    .updateTable('email_accounts')
    .set({ sync_interval_seconds: seconds })
    .where('tenant_id', '=', tenantId)
    .execute()
}

/** Everything that came into the mailboxes. */
export async function listReceivedMessages(db: Db): Promise<ReceivedMessage[]> {
  const { rows } = await sql<ReceivedMessage>`
    select m.message_type as type, m.status, m.matched_by as "matchedBy", m.processed_at as "processedAt",
           e.message_id as "messageId", e.to_address as recipient, m.facts ->> 'kind' as "autoReply",
           m.facts ->> 'returnsOn' as "returnsOn", b.bounce_type as "bounceType"
      from email_messages m
      left join emails e on e.tenant_id = m.tenant_id and e.id = m.email_id
      left join email_bounces b on b.tenant_id = m.tenant_id and b.report_id = m.id`.execute(db)
  return rows
}

/** What was sent after the first step. */
export async function listFollowUps(
  db: Db,
  campaign: { tenant_id: string; id: string },
): Promise<FollowUp[]> {
  const { rows } = await sql<FollowUp>`
    select e.to_address as recipient, e.claimed_at as "claimedAt"
      from emails e join campaign_steps s on s.tenant_id = e.tenant_id and s.id = e.step_id
     where e.tenant_id = ${campaign.tenant_id} and e.campaign_id = ${campaign.id} and s.position > 1
       and e.status in ('submitting', 'sent', 'unknown')`.execute(db)
  return rows
}

export interface SuppressionCount {
  reason: string
  source: string
  count: number
}

/** What stands, by reason. */
export async function countSuppressions(db: Db): Promise<SuppressionCount[]> {
  const { rows } = await sql<SuppressionCount>`
    select reason, source, count(*) as count from suppressions
     group by reason, source order by count(*) desc, reason`.execute(db)
  return rows
}

/** Emails of a campaign whose outcome nobody knows, and that are looked for no more. */
export async function countParked(db: Db, campaign: { tenant_id: string; id: string }): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from emails
     where tenant_id = ${campaign.tenant_id} and campaign_id = ${campaign.id}
       and status = 'unknown' and parked_code is not null`.execute(db)
  return rows[0]?.count ?? 0
}

/** Emails that were in doubt, and were found in their mailboxes' folders. */
export async function countFound(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from email_looks where result = 'found'`.execute(db)
  return rows[0]?.count ?? 0
}

export interface ReadableEmail {
  tenantId: string
  id: string
  recipient: string
  step: number
  sentAt: Date
}

/** Emails of campaigns that have arrived. */
export async function listReadableEmails(db: Db): Promise<ReadableEmail[]> {
  const { rows } = await sql<ReadableEmail>`
    select e.tenant_id as "tenantId", e.id, e.to_address as recipient, s.position as step, e.sent_at as "sentAt"
      from emails e join campaign_steps s on s.tenant_id = e.tenant_id and s.id = e.step_id
     where e.status = 'sent' and e.bounced_at is null`.execute(db)
  return rows
}

/** What all days say of opens and clicks. */
export async function sumReadings(db: Db): Promise<ReadingCounts> {
  const { rows } = await sql<ReadingCounts>`
    select coalesce(sum(emails_opened), 0) as opened, coalesce(sum(emails_clicked), 0) as clicked,
           coalesce(sum(machine_opens), 0) as "machineOpens", coalesce(sum(machine_clicks), 0) as "machineClicks"
      from daily_analytics`.execute(db)
  const [sums] = rows
  if (!sums) throw new Error('a sum without a row')
  return sums
}
