import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'

/**
 * Of these mailboxes: warmup emails that have a place in that day already. They are still to go, such as answers that did not
 * fit into yesterday, or went before the day was planned again.
 */
export async function countPlaced(
  db: Db | Trx,
  mailboxIds: readonly string[],
  date: string,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    select id, sum(count)::int as count from (
      select email_account_id as id, count(*) from emails
       where email_account_id = any(${mailboxIds}::uuid[]) and lane = 'low' and kind = 'warmup' and status = 'scheduled'
       group by 1
      union all
      select x.email_account_id, count(*) from warmup_exchanges x
        join emails e on e.tenant_id = x.tenant_id and e.id = x.email_id
       where x.email_account_id = any(${mailboxIds}::uuid[]) and x.side = 'sender' and x.plan_date = ${date}
         and e.status in ('submitting', 'sent', 'unknown')
       group by 1) placed
     group by id`.execute(db)
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** New conversations that each mailbox gets on that day already. */
export async function countReceived(db: Db | Trx, date: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    select email_account_id as id, count(*)::int as count from warmup_exchanges
     where side = 'receiver' and depth = 1 and plan_date = ${date} and not unsent group by email_account_id`.execute(
    db,
  )
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** Of these mailboxes, those that each tenant may not write to now, as the claim sees it. */
export async function listSuppressed(
  db: Db | Trx,
  tenantIds: readonly string[],
  mailboxIds: readonly string[],
): Promise<Map<string, Set<string>>> {
  const { rows } = await sql<{ tenantId: string; mailboxIds: string[] }>`
    select t.id as "tenantId", array_agg(distinct a.id) as "mailboxIds"
      from email_accounts a
     cross join lateral (select split_part(a.email_address, '@', 2) as domain) d
      join suppressions s on s.value in (a.email_address, d.domain)
       and s.scope = case when s.value = a.email_address then 'address' else 'domain' end
      join unnest(${[...new Set(tenantIds)]}::uuid[]) t (id) on s.tenant_id = t.id or s.tenant_id is null
     where a.id = any(${mailboxIds}::uuid[]) and (s.expires_at is null or s.expires_at > now())
     group by t.id`.execute(db)
  return new Map(rows.map((row) => [row.tenantId, new Set(row.mailboxIds)]))
}

/** With whom a mailbox has begun conversations, or they with it. */
export interface Acquaintance {
  mailboxId: string
  partner: string
  conversations: number
  /** Null: nothing that was planned between them was sent. */
  lastDate: string | null
}

/**
 * By address: a mailbox that was removed and added again has another id, and still knows whom it met. A first message that left
 * later than it was planned met its receiver then; one that still waits meets it tomorrow, for all we know. Of conversations
 * that are deleted, which nobody rests from any more, there is a count.
 */
export async function listAcquaintances(
  db: Db | Trx,
  mailboxIds: readonly string[],
  since: string,
): Promise<Acquaintance[]> {
  const { rows } = await sql<Acquaintance>`
    select "mailboxId", partner, sum(conversations)::int as conversations, max("lastDate") as "lastDate" from (
      select a.id as "mailboxId", x.partner_mailbox as partner, count(*) as conversations,
             max(greatest(x.plan_date, case when e.status in ('scheduled', 'submitting', 'unknown') then now()::date + 1
                                            else e.sent_on end)) filter (where not x.unsent) as "lastDate"
        from email_accounts a
        join email_accounts same on same.email_address = a.email_address
        join warmup_exchanges x on x.email_account_id = same.id and x.depth = 1
        left join warmup_exchanges s on s.token = x.token and s.side = 'sender' and x.plan_date > ${since}
        left join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
       where a.id = any(${mailboxIds}::uuid[])
       group by a.id, x.partner_mailbox
      union all
      select a.id, k.partner_mailbox, k.conversations, null
        from email_accounts a
        join email_accounts same on same.email_address = a.email_address
        join warmup_acquaintances k on k.tenant_id = same.tenant_id and k.email_account_id = same.id
       where a.id = any(${mailboxIds}::uuid[])) met
     group by "mailboxId", partner`.execute(db)
  return rows
}
