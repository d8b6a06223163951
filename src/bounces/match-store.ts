import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { type MailedEmail, recencyDays } from './match.ts'

const mailed = sql.raw(`
  e.tenant_id as "tenantId", e.id, e.email_account_id as "mailboxId", e.to_address as "to",
  e.message_id as "messageId", e.server_message_id as "serverMessageId", e.ref, e.campaign_id as "campaignId",
  e.lead_id as "leadId"`)

/** Emails of any mailbox that bear one of these references or Message-IDs. Three hash indexes; an id is one row. */
export async function listMailedByIds(
  db: Db,
  refs: readonly string[],
  messageIds: readonly string[],
): Promise<MailedEmail[]> {
  if (refs.length + messageIds.length === 0) return []
  const { rows } = await sql<MailedEmail>`
    select ${mailed} from emails e
     where e.ref = any(${refs}::text[]) or e.message_id = any(${messageIds}::text[])
        or e.server_message_id = any(${messageIds}::text[])`.execute(db)
  return rows
}

export interface RecentWanted {
  tenantId: string
  mailboxId: string
  address: string
  /** When the report arrived. */
  at: Date
}

/**
 * The latest email of each mailbox to the address that had gone out when the report arrived; one that may have gone
 * out only where none certainly has, for then it is the one.
 */
export async function listRecentlyMailed(
  db: Db,
  wanted: readonly RecentWanted[],
): Promise<(MailedEmail & { at: Date })[]> {
  if (wanted.length === 0) return []
  // An hour of grace: the clocks of two servers are compared.
  const { rows } = await sql<MailedEmail & { at: Date }>`
    select ${mailed}, i.at
      from json_to_recordset(${toJson(wanted)}) as i (
        "tenantId" uuid, "mailboxId" uuid, address text, at timestamptz)
     cross join lateral (
       select * from emails
        where to_address = i.address and tenant_id = i."tenantId" and email_account_id = i."mailboxId"
          and status in ('sent', 'submitting', 'unknown')
          and coalesce(sent_at, claimed_at) between i.at - ${recencyDays} * interval '1 day' and i.at + interval '1 hour'
        order by status = 'sent' desc, coalesce(sent_at, claimed_at) desc
        limit 1
     ) e`.execute(db)
  return rows
}
