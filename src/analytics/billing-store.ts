import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/**
 * Adds up the months, by the day of sending, in which a tenant's days say something else than what is written there; returns
 * how many. What was sent never becomes less: a month that stands at its sum is left alone.
 */
export async function recomputeBilling(db: Db): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into billing_analytics as b
           (tenant_id, period_start, period_end, emails_sent, mailboxes_active, contacts_reached)
    select m.tenant_id, m.period_start, m.period_end, m.emails, m.mailboxes, (${contactsOf})
      from (select tenant_id, date_trunc('month', date)::date as period_start,
                   (date_trunc('month', date) + interval '1 month')::date - 1 as period_end,
                   sum(emails_sent) as emails, count(distinct mailbox_id) as mailboxes
              from daily_analytics where emails_sent > 0 group by 1, 2, 3) m
      left join billing_analytics w on w.tenant_id = m.tenant_id and w.period_start = m.period_start
     where w.emails_sent is distinct from m.emails
    on conflict (tenant_id, period_start) do update
       set emails_sent = excluded.emails_sent, mailboxes_active = excluded.mailboxes_active,
           contacts_reached = greatest(b.contacts_reached, excluded.contacts_reached), updated_at = now()`.execute(
    db,
  )
  return Number(numAffectedRows ?? 0)
}

// Somebody who was written to on two days is one contact: only the ledger knows. It has an index by campaign, none by day.
const contactsOf = sql`
  select count(*) from (
    select e.to_address
      from (select distinct d.campaign_id from daily_analytics d
             where d.tenant_id = m.tenant_id and d.date between m.period_start and m.period_end and d.emails_sent > 0) c
      join emails e on e.tenant_id = m.tenant_id and e.campaign_id = c.campaign_id and e.status = 'sent'
     where e.sent_on between m.period_start and m.period_end
    union
    select e.to_address from emails e
     where e.tenant_id = m.tenant_id and e.campaign_id is null and e.status = 'sent' and e.kind <> 'warmup'
       and e.sent_on between m.period_start and m.period_end
  ) contacts`
