import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/**
 * Adds up every month of a tenant of which a day was counted since it was last added up; returns how many. Emails and
 * mailboxes are sums of days, contacts the people that the ledger says an email was sent to.
 */
export async function recomputeBilling(db: Db): Promise<number> {
  // A pass that began before the last sum may have committed after it: an hour is longer than any.
  const { numAffectedRows } = await sql`
    with touched as materialized (
      select d.tenant_id, date_trunc('month', d.date)::date as period_start
        from daily_analytics d
        left join billing_analytics b
          on b.tenant_id = d.tenant_id and b.period_start = date_trunc('month', d.date)::date
       where d.updated_at > coalesce(b.updated_at - interval '1 hour', '-infinity')
         and (d.emails_sent > 0 or b.tenant_id is not null) group by 1, 2
    ), months as materialized (
      select *, (period_start + interval '1 month')::date as period_end from touched
    ), sent as (
      select m.tenant_id, m.period_start, sum(d.emails_sent) as emails,
             count(distinct d.mailbox_id) filter (where d.emails_sent > 0) as mailboxes
        from months m join daily_analytics d
          on d.tenant_id = m.tenant_id and d.date >= m.period_start and d.date < m.period_end
       group by 1, 2
    ), reached as (
      select m.tenant_id, m.period_start, count(distinct e.to_address) as contacts
        from months m join emails e
          on e.tenant_id = m.tenant_id and e.sent_on >= m.period_start and e.sent_on < m.period_end
       where e.status = 'sent' and e.kind <> 'warmup' group by 1, 2
    )
    insert into billing_analytics as b
           (tenant_id, period_start, period_end, emails_sent, mailboxes_active, contacts_reached)
    select m.tenant_id, m.period_start, m.period_end - 1, coalesce(s.emails, 0), coalesce(s.mailboxes, 0),
           coalesce(r.contacts, 0)
      from months m
      left join sent s on (s.tenant_id, s.period_start) = (m.tenant_id, m.period_start)
      left join reached r on (r.tenant_id, r.period_start) = (m.tenant_id, m.period_start)
    on conflict (tenant_id, period_start) do update
       set emails_sent = excluded.emails_sent, mailboxes_active = excluded.mailboxes_active,
           contacts_reached = greatest(b.contacts_reached, excluded.contacts_reached), updated_at = now()`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0)
}
