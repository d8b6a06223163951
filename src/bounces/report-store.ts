import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { MatchedBy } from './match.ts'

export interface ReportRef {
  tenantId: string
  messageId: string
}

/** A message that came back to a mailbox, as it is stored. */
export interface StoredReport {
  tenantId: string
  id: string
  mailboxId: string
  mailboxAddress: string
  status: 'pending' | 'processed' | 'unmatched' | 'unreadable'
  messageId: string | null
  /** When the server took it in; never in the future. */
  at: Date
  encoding: 'br' | 'identity' | null
  body: Buffer | null
  tenantSettings: unknown
}

export async function listReports(db: Db, refs: readonly ReportRef[]): Promise<StoredReport[]> {
  const { rows } = await sql<StoredReport>`
    select m.tenant_id as "tenantId", m.id, m.email_account_id as "mailboxId", a.email_address as "mailboxAddress",
           m.status, m.message_id as "messageId", 
           -- A server may give no date that can be read, or one in the future.
           case when m.internal_date > '2000-01-01' and m.internal_date <= now() then m.internal_date
                else m.received_at end as at, b.encoding, b.body,
           t.settings as "tenantSettings"
      from json_to_recordset(${toJson(refs)}) as i ("tenantId" uuid, "messageId" uuid)
      join email_messages m on m.tenant_id = i."tenantId" and m.id = i."messageId"
      join email_accounts a on a.tenant_id = m.tenant_id and a.id = m.email_account_id
      join tenants t on t.id = m.tenant_id
      left join email_bodies b on b.tenant_id = m.tenant_id and b.sha256 = m.body_sha256`.execute(db)
  return rows
}

/**
 * Reports that wait longer than any job does: their job was lost, or failed too often. Each is taken again after 10
 * minutes, then 40, and so on; six times.
 */
export async function claimForgottenReports(trx: Trx, limit: number): Promise<ReportRef[]> {
  const { rows } = await sql<ReportRef>`
    with forgotten as (
      select tenant_id, id from email_messages
       where status = 'pending' and message_type in ('report', 'complaint') and attempts < 6
         and received_at < now() - power(4, attempts) * interval '10 minutes'
       limit ${limit} for update skip locked
    )
    update email_messages m set attempts = m.attempts + 1
      from forgotten f where m.tenant_id = f.tenant_id and m.id = f.id
    returning m.tenant_id as "tenantId", m.id as "messageId"`.execute(trx)
  return rows
}

/** Locks those that nobody has acted on; another process's are waited for, and then left out. */
export async function lockPendingReports(trx: Trx, refs: readonly ReportRef[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select m.id
      from email_messages m
      join json_to_recordset(${toJson(refs)}) as i ("tenantId" uuid, "messageId" uuid)
        on m.tenant_id = i."tenantId" and m.id = i."messageId"
     where m.status = 'pending'
     order by m.tenant_id, m.id
       for update of m`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

export interface ReportEnd {
  tenantId: string
  id: string
  status: 'processed' | 'unmatched' | 'unreadable'
  /** Why it was matched to nothing, or could not be read. */
  reason: string | null
  emailId: string | null
  campaignId: string | null
  leadId: string | null
  matchedBy: MatchedBy | null
  facts: Record<string, unknown>
}

export async function setReportsEnded(trx: Trx, ends: readonly ReportEnd[]): Promise<void> {
  if (ends.length === 0) return
  await sql`
    update email_messages m
       set status = i.status, reason = i.reason, email_id = i."emailId", campaign_id = i."campaignId",
           lead_id = i."leadId", matched_by = i."matchedBy", facts = m.facts || i.facts, processed_at = now()
      from json_to_recordset(${toJson(ends)}) as i (
        "tenantId" uuid, id uuid, status text, reason text, "emailId" uuid, "campaignId" uuid, "leadId" uuid,
        "matchedBy" text, facts jsonb)
     where m.tenant_id = i."tenantId" and m.id = i.id`.execute(trx)
}
