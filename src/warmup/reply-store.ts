import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { WarmupLanguage } from './content.ts'
import type { ExchangeSide } from './plan-store.ts'

export interface Conversation {
  threadToken: string
  depth: number
  /** Of both, as their tenants have chosen. */
  pool: 'shared' | 'closed'
  /** Today in the answering mailbox's zone. */
  date: string
  /** Of the two addresses, that were begun before this one. */
  conversationsBefore: number
  own: Participant
  partner: Participant
}

interface Participant extends ExchangeSide {
  displayName: string
  language: WarmupLanguage
}

/** The conversation of a received message, if both still take part, in the same pool, and the partner is not suppressed. The partner is known by the message's token alone. */
export async function findConversation(
  trx: Trx,
  tenantId: string,
  exchangeId: string,
): Promise<Conversation | undefined> {
  const { rows } = await sql<Conversation>`
    select x.thread_token as "threadToken", x.depth, t.warmup_pool as pool, (now() at time zone a.timezone)::date as date,
           (select count(*)::int from warmup_exchanges b
             where b.email_account_id in (select same.id from email_accounts same where same.email_address = a.email_address)
               and b.partner_mailbox = x.partner_mailbox and b.depth = 1
               and b.planned_at < coalesce((select f.planned_at from warmup_exchanges f
                                             where f.token = x.thread_token and f.side = 'sender'), x.planned_at))
             + (select coalesce(sum(k.conversations), 0)::int from warmup_acquaintances k
                  join email_accounts same on same.tenant_id = k.tenant_id and same.id = k.email_account_id
                 where same.email_address = a.email_address and k.partner_mailbox = x.partner_mailbox)
             as "conversationsBefore",
           ${participant('a', 'w')} as own, ${participant('pa', 'pw')} as partner
      from warmup_exchanges x
      join email_accounts a on a.tenant_id = x.tenant_id and a.id = x.email_account_id
      join warmup_accounts w on w.tenant_id = a.tenant_id and w.email_account_id = a.id
      join warmup_exchanges s on s.token = x.token and s.side = 'sender'
      join email_accounts pa on pa.tenant_id = s.tenant_id and pa.id = s.email_account_id
      join warmup_accounts pw on pw.tenant_id = pa.tenant_id and pw.email_account_id = pa.id
      join tenants t on t.id = a.tenant_id
      join tenants pt on pt.id = pa.tenant_id
     where x.tenant_id = ${tenantId} and x.id = ${exchangeId} and x.side = 'receiver'
       and a.status = 'active' and a.warmup_status in ('warming', 'ready') and w.paused_at is null and t.status = 'active'
       and pa.status = 'active' and pa.warmup_status in ('warming', 'ready') and pw.paused_at is null and pt.status = 'active'
       and t.warmup_pool <> 'none' and t.warmup_pool = pt.warmup_pool
       and not exists (
         select 1 from suppressions b
          where b.value in (pa.email_address, split_part(pa.email_address, '@', 2))
            and b.scope = case when b.value = pa.email_address then 'address' else 'domain' end
            and (b.tenant_id = a.tenant_id or b.tenant_id is null) and (b.expires_at is null or b.expires_at > now()))`.execute(
    trx,
  )
  return rows[0]
}

const participant = (account: string, warmup: string) => sql`json_build_object(
  'tenantId', ${sql.ref(`${account}.tenant_id`)}, 'mailboxId', ${sql.ref(`${account}.id`)},
  'address', ${sql.ref(`${account}.email_address`)}, 'provider', ${sql.ref(`${account}.provider_id`)},
  'displayName', ${sql.ref(`${account}.display_name`)}, 'language', ${sql.ref(`${warmup}.language`)})`
