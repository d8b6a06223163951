import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { MessageReference } from './thread.ts'

/** An email of ours that an inbound message answers. */
export interface MatchedEmail {
  tenantId: string
  id: string
  /** Whom we mailed: the only address that anything is done to. */
  to: string
  campaignId: string | null
  leadId: string | null
  /** Of its campaign. */
  configuration: unknown
  /** The first email of the conversation. */
  threadId: string
  matchedBy: 'verp' | 'message_id' | 'ref' | 'recency' | 'thread'
}

interface MailboxRef {
  tenantId: string
  id: string
}

const columns = sql`
  e.tenant_id as "tenantId", e.id, e.to_address as "to", e.campaign_id as "campaignId", e.lead_id as "leadId",
  c.configuration,
  coalesce((
    select f.id from emails f
     where f.tenant_id = e.tenant_id and f.campaign_id = e.campaign_id and f.lead_id = e.lead_id
     order by f.sent_at nulls last limit 1), e.id) as "threadId"`
const campaign = sql`left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id`

/** The email of this mailbox that the first of these references, in their order of trust, names. */
export async function findReferredEmail(
  db: Db,
  mailbox: MailboxRef,
  references: readonly MessageReference[],
): Promise<MatchedEmail | undefined> {
  if (references.length === 0) return undefined
  // Three joins rather than an OR: each finds its rows through its own hash index.
  const { rows } = await sql<MatchedEmail>`
    with said as (
      select * from unnest(${references.map(({ by }) => by)}::text[], ${references.map(({ value }) => value)}::text[])
        with ordinality as s (by, value, position)
    ), named as (
      select e.tenant_id, e.id, s.by, s.position from said s join emails e on e.ref = s.value
       where s.by in ('plus_token', 'ref')
       union all
      select e.tenant_id, e.id, s.by, s.position from said s join emails e on e.message_id = s.value
       union all
      select e.tenant_id, e.id, s.by, s.position from said s join emails e on e.server_message_id = s.value
    )
    select ${columns},
           case n.by when 'plus_token' then 'verp' when 'ref' then 'ref' when 'references' then 'thread'
             else 'message_id' end as "matchedBy"
      from named n join emails e on e.tenant_id = n.tenant_id and e.id = n.id ${campaign}
     where e.tenant_id = ${mailbox.tenantId} and e.email_account_id = ${mailbox.id} and e.kind <> 'warmup'
     order by n.position limit 1`.execute(db)
  return rows[0]
}

/** The last email that this mailbox sent to an address in the days before `at`. */
export async function findRecentEmail(
  db: Db,
  mailbox: MailboxRef,
  address: string,
  at: Date,
  days: number,
): Promise<MatchedEmail | undefined> {
  const { rows } = await sql<MatchedEmail>`
    select ${columns}, 'recency' as "matchedBy"
      from emails e ${campaign}
     where e.tenant_id = ${mailbox.tenantId} and e.to_address = ${address} and e.email_account_id = ${mailbox.id}
       and e.status = 'sent' and e.kind <> 'warmup'
       and e.sent_at between ${at}::timestamptz - ${days} * interval '1 day' and ${at}::timestamptz + interval '1 hour'
     order by e.sent_at desc limit 1`.execute(db)
  return rows[0]
}
