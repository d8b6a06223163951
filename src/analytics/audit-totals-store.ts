import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { monthFigures, monthsOf } from './billing-store.ts'
import { type AuditedDays, asObject, asRow, type Difference } from './difference-store.ts'

// By the columns of campaign_analytics.
const sumsOf = {
  sent: 'emails_sent',
  delivered: 'emails_delivered',
  opened_tracked: 'emails_opened',
  clicked_tracked: 'emails_clicked',
  replied: 'emails_replied',
  bounced: 'emails_bounced',
  unsubscribed: 'emails_unsubscribed',
  complained: 'emails_complained',
}

const names = [...Object.keys(sumsOf), 'first_sent_on', 'last_sent_on']
const sums = sql.raw(
  Object.entries(sumsOf)
    .map(([name, column]) => `sum(${column})::bigint as ${name}`)
    .join(', '),
)

const none = '00000000-0000-0000-0000-000000000000'
const key = sql`tenant_id, campaign_id, coalesce(step_id, ${none}) as step_id, coalesce(variant, 0) as variant`

/** Campaigns, by step and variant, whose sums are not those of all their days, sealed ones too. */
export async function listCampaignDifferences(trx: Trx, limit: number): Promise<Difference[]> {
  const { rows } = await sql<Difference>`
    select 'campaign_analytics' as what, 'days' as "comparedWith", nullif(coalesce(a.step_id, d.step_id), ${none}) as "stepId",
           chr(64 + nullif(coalesce(a.variant, d.variant), 0)) as variant, coalesce(a.tenant_id, d.tenant_id) as "tenantId",
           coalesce(a.campaign_id, d.campaign_id) as "campaignId", null as "mailboxId", null as "emailId", null as date,
           case when a.tenant_id is not null then ${asObject('a', names)} end as stored,
           case when d.tenant_id is not null then ${asObject('d', names)} end as computed
      from (select ${key}, ${sql.raw(names.join(', '))} from campaign_analytics) a
      full join (select ${key}, ${sums}, min(date) filter (where emails_sent > 0) as first_sent_on,
                        max(date) filter (where emails_sent > 0) as last_sent_on
                   from daily_step_analytics where campaign_id is not null group by 1, 2, 3, 4) d
        on d.tenant_id = a.tenant_id and d.campaign_id = a.campaign_id and d.step_id = a.step_id and d.variant = a.variant
     where ${asRow('a', names)} is distinct from ${asRow('d', names)}
     order by "campaignId", "stepId", variant limit ${limit}`.execute(trx)
  return rows
}

/** Months with one of these days that are not what their days, the ledger and the plans come to. They have been added up. */
export async function listMonthDifferences(
  trx: Trx,
  days: AuditedDays,
  limit: number,
): Promise<Difference[]> {
  const { rows } = await sql<Difference>`
    select 'billing_analytics' as what, 'days, ledger and plan' as "comparedWith", null as "stepId", null as variant, coalesce(b.tenant_id, c.tenant_id) as "tenantId", null as "campaignId",
           null as "mailboxId", null as "emailId", coalesce(b.period_start, c.period_start) as date,
           case when b.tenant_id is not null then ${asObject('b', monthFigures)} end as stored,
           case when c.tenant_id is not null then ${asObject('c', monthFigures)} end as computed
      from (select * from billing_analytics
             where emails_sent > 0 and period_start <= ${days.to} and period_end >= ${days.from}) b
      full join (${monthsOf(days)}) c on c.tenant_id = b.tenant_id and c.period_start = b.period_start
     where ${asRow('b', monthFigures)} is distinct from ${asRow('c', monthFigures)}
     order by date, "tenantId" limit ${limit}`.execute(trx)
  return rows
}
