import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

/** Columns of billing_analytics that are added up. */
export const monthFigures = [
  'emails_sent',
  'mailboxes_active',
  'contacts_reached',
  'plan_emails',
  'plan_mailboxes',
  'plan_contacts',
] as const

const columns = sql.join(monthFigures.map((name) => sql.ref(name)))
const excluded = sql.join(monthFigures.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))

/**
 * Notes that the months of the days that got more events, sealed ones too, or of all days, are to be added up again: the
 * ledger may have more emails of a sealed day.
 */
export async function touchMonths(trx: Trx, which: 'touched' | 'all'): Promise<void> {
  const monthOfDay = sql`tenant_id, date_trunc('month', date)::date`
  // A month that has no day left is among all, too.
  await touch(
    trx,
    which === 'touched'
      ? sql`select distinct ${monthOfDay} from dated_events`
      : sql`select ${monthOfDay} from daily_analytics union select tenant_id, period_start from billing_analytics`,
  )
}

/** As `touchMonths`, for the month (its first day, YYYY-MM-DD) of a tenant whose plan has changed. */
export function touchMonth(trx: Trx, tenantId: string, month: string): Promise<void> {
  return touch(trx, sql`values (${tenantId}::uuid, ${month}::date)`)
}

// An update, not nothing: a note that is being taken at this moment was taken before our days were to be seen.
async function touch(trx: Trx, months: ReturnType<typeof sql>): Promise<void> {
  await sql`
    insert into billing_touched_months as t (tenant_id, period_start) ${months} order by 1, 2
    on conflict (tenant_id, period_start) do update set period_start = t.period_start`.execute(trx)
}

/** Adds up the months that were touched, by the day of sending; returns how many. The caller has locked the rollup. */
export async function addUpMonths(trx: Trx): Promise<number> {
  const { rows: touched } = await sql`
    delete from billing_touched_months returning tenant_id, period_start`.execute(trx)
  if (touched.length === 0) return 0
  // A statement of its own, which sees what was committed before the notes were taken.
  const months = sql`json_to_recordset(${toJson(touched)}) as m (tenant_id uuid, period_start date)`
  const { numAffectedRows } = await sql`
    insert into billing_analytics (tenant_id, period_start, period_end, ${columns})
    select tenant_id, period_start, period_end, ${columns} from (${figuresOf(months)}) m
     where emails_sent > 0 or written
    on conflict (tenant_id, period_start) do update set ${excluded}, updated_at = now()`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/** What the months of some days come to, by the days, the ledger and the plans, with the columns of billing_analytics. */
export const monthsOf = ({ from, to }: { from: string; to: string }) =>
  figuresOf(sql`(
    select tenant_id, date_trunc('month', date)::date as period_start from daily_analytics
     where emails_sent > 0 and date >= date_trunc('month', ${from}::date)
       and date < date_trunc('month', ${to}::date) + interval '1 month' group by 1, 2) m`)

const inMonth = (day: string) => sql`
  ${sql.ref(day)} >= m.period_start and ${sql.ref(day)} < (m.period_start + interval '1 month')::date`

// Somebody who was written to on two days is one contact: only the ledger knows. It is read by campaign, from its first
// email on, so that sending pays for no index by day.
// Where it no longer has all emails of a campaign, contacts are at least as many as they were.
const contactsOfMonth = sql`
  with days as (
    select campaign_id, sum(emails_sent) as emails from daily_analytics d
     where d.tenant_id = m.tenant_id and ${inMonth('d.date')} and emails_sent > 0 group by 1
  ), ledger as materialized (
    select e.campaign_id, e.to_address from days
      join emails e on e.tenant_id = m.tenant_id and e.campaign_id = days.campaign_id and e.status = 'sent'
     where ${inMonth('e.sent_on')}
    union all
    select null, e.to_address from emails e
     where e.tenant_id = m.tenant_id and e.campaign_id is null and e.status = 'sent' and e.kind <> 'warmup'
       and ${inMonth('e.sent_on')}
  ), held as (
    select campaign_id, count(*) as emails from ledger group by 1
  )
  select (select count(*) from (select from ledger group by to_address) contacts) as contacts,
         not exists (select from days left join held on held.campaign_id is not distinct from days.campaign_id
                      where days.emails > coalesce(held.emails, 0)) as whole`

// The last that stood in the month.
const planOfMonth = sql`
  select plan_emails, plan_mailboxes, plan_contacts, month from tenant_plans
   where tenant_id = m.tenant_id and month <= m.period_start
  union all
  select plan_emails, plan_mailboxes, plan_contacts, null from tenants where id = m.tenant_id
   order by month desc nulls last limit 1`

const figuresOf = (months: ReturnType<typeof sql>) => sql`
  select m.tenant_id, m.period_start, (m.period_start + interval '1 month')::date - 1 as period_end,
         coalesce(d.emails, 0) as emails_sent, d.mailboxes as mailboxes_active,
         case when l.whole then l.contacts else greatest(l.contacts, w.contacts_reached) end as contacts_reached,
         p.plan_emails, p.plan_mailboxes, p.plan_contacts, w.tenant_id is not null as written
    from ${months}
    left join billing_analytics w on w.tenant_id = m.tenant_id and w.period_start = m.period_start
    cross join lateral (
      select sum(emails_sent) as emails, count(distinct mailbox_id) as mailboxes from daily_analytics d
       where d.tenant_id = m.tenant_id and ${inMonth('d.date')} and emails_sent > 0) d
    cross join lateral (${contactsOfMonth}) l
    left join lateral (${planOfMonth}) p on true`
