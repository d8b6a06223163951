import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { AuditedDays, Difference } from './difference-store.ts'
import { isSealed } from './watermark-store.ts'

/**
 * Days on which the ledger has sent more of a campaign and mailbox than the figures say: an email without its event. It may
 * have sent less, since emails are deleted with their campaign.
 */
export async function listUncountedDays(
  trx: Trx,
  { from, to }: AuditedDays,
  limit: number,
): Promise<Difference[]> {
  const { rows } = await sql<Difference>`
    select 'daily_analytics' as what, 'ledger' as "comparedWith", null as "stepId", null as variant, v.tenant_id as "tenantId", v.campaign_id as "campaignId",
           v.mailbox_id as "mailboxId", null as "emailId", v.date,
           jsonb_build_object('emails_sent', coalesce(d.emails_sent, 0)) as stored,
           jsonb_build_object('emails_sent', v.emails) as computed
      from (select tenant_id, campaign_id, email_account_id as mailbox_id, sent_on as date, count(*) as emails
              from emails
             where status = 'sent' and kind <> 'warmup' and sent_on between ${from} and ${to}
             group by 1, 2, 3, 4) v
      left join daily_analytics d on d.tenant_id = v.tenant_id and d.mailbox_id = v.mailbox_id and d.date = v.date
       and d.campaign_id is not distinct from v.campaign_id
     where v.emails > coalesce(d.emails_sent, 0) and not ${isSealed('v.date')}
     order by v.date, v.campaign_id, v.mailbox_id limit ${limit}`.execute(trx)
  return rows
}
