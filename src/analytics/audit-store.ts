import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { sentDayFigures, totalsOf } from './daily-store.ts'
import { happenedFigures, happenedIn } from './happened-store.ts'

/** Where what is stored is not what the events come to. */
export interface Difference {
  what: 'daily_step_analytics' | 'daily_analytics' | 'campaign_analytics'
  tenantId: string
  campaignId: string | null
  mailboxId: string | null
  /** YYYY-MM-DD; null for a sum of all days. */
  date: string | null
  /** By column. */
  stored: Record<string, number> | null
  computed: Record<string, number> | null
}

export interface AuditedDays {
  from: string
  to: string
}

const object = (prefix: string, figures: readonly string[]) =>
  sql.raw(`jsonb_build_object(${figures.map((name) => `'${name}', ${prefix}.${name}`).join(', ')})`)

const figuresOf = (prefix: string, figures: readonly string[]) =>
  sql.raw(`(${figures.map((name) => `${prefix}.${name}`).join(', ')})`)

const none = '00000000-0000-0000-0000-000000000000'
const comparable = (row: string, column: string) => {
  if (column === 'variant') return `coalesce(${row}.variant, 0)`
  return column === 'campaign_id' || column === 'step_id'
    ? `coalesce(${row}.${column}, '${none}')`
    : `${row}.${column}`
}
const sameKey = (a: string, b: string, columns: readonly string[]) =>
  sql.raw(columns.map((column) => `${comparable(a, column)} = ${comparable(b, column)}`).join(' and '))

const key = ['tenant_id', 'campaign_id', 'mailbox_id', 'date']

/** Computes days aside from their events and lists what differs, at most so much. Sealed days cannot be computed again. */
export async function listDifferences(trx: Trx, days: AuditedDays, limit: number): Promise<Difference[]> {
  await sql`create temporary table audited on commit drop as ${totalsOf(days)}`.execute(trx)
  const steps = await compare(
    trx,
    'daily_step_analytics',
    sql`select * from audited`,
    days,
    [...key, 'step_id', 'variant'],
    limit,
  )
  const sums = sql.raw(sentDayFigures.map((name) => `sum(${name})::bigint as ${name}`).join(', '))
  const daily = sql`select tenant_id, campaign_id, mailbox_id, date, ${sums} from audited group by 1, 2, 3, 4`
  return [
    ...steps,
    ...(await compare(trx, 'daily_analytics', daily, days, key, limit)),
    ...(await compare(trx, 'daily_analytics', happenedIn(days), days, key, limit, happenedFigures)),
    ...(await compareSums(trx, limit)),
  ]
}

async function compare(
  trx: Trx,
  table: Difference['what'],
  computed: ReturnType<typeof sql>,
  { from, to }: AuditedDays,
  columns: readonly string[],
  limit: number,
  figures: readonly string[] = sentDayFigures,
): Promise<Difference[]> {
  const any = sql.raw(figures.map((name) => `s.${name} <> 0`).join(' or '))
  // Keys are compared by = so that the tables can be hashed: they have hundreds of thousands of rows.
  const { rows } = await sql<Difference>`
    with c as (${computed}), s as (
      select s.* from ${sql.table(table)} s
       where s.date between ${from} and ${to} and not exists (
         select from analytics_sealed_days d where (d.tenant_id = s.tenant_id or d.tenant_id is null) and s.date <= d.through)
    )
    select ${sql.lit(table)} as what, coalesce(c.tenant_id, s.tenant_id) as "tenantId",
           coalesce(c.campaign_id, s.campaign_id) as "campaignId", coalesce(c.mailbox_id, s.mailbox_id) as "mailboxId",
           coalesce(c.date, s.date) as date, case when s.tenant_id is not null then ${object('s', figures)} end as stored,
           case when c.tenant_id is not null then ${object('c', figures)} end as computed
      from c full join s on ${sameKey('s', 'c', columns)}
     where ${figuresOf('c', figures)} is distinct from ${figuresOf('s', figures)} and (c.tenant_id is not null or ${any})
     order by 5, 3, 4 limit ${limit}`.execute(trx)
  return rows
}

// By the columns of campaign_analytics.
const daysOf = {
  sent: 'emails_sent',
  delivered: 'emails_delivered',
  opened_tracked: 'emails_opened',
  clicked_tracked: 'emails_clicked',
  replied: 'emails_replied',
  bounced: 'emails_bounced',
  unsubscribed: 'emails_unsubscribed',
  complained: 'emails_complained',
}

const sumKey = sql`tenant_id, campaign_id, coalesce(step_id, ${none}) as step_id, coalesce(variant, 0) as variant`

// The sums over all days, sealed ones too.
async function compareSums(trx: Trx, limit: number): Promise<Difference[]> {
  const names = Object.keys(daysOf)
  const sums = (columns: readonly string[]) =>
    sql.raw(columns.map((column, index) => `sum(${column})::bigint as ${names[index]}`).join(', '))
  const { rows } = await sql<Difference>`
    select 'campaign_analytics' as what, coalesce(a.tenant_id, d.tenant_id) as "tenantId",
           coalesce(a.campaign_id, d.campaign_id) as "campaignId", null as "mailboxId", null as date,
           case when a.tenant_id is not null then ${object('a', names)} end as stored,
           case when d.tenant_id is not null then ${object('d', names)} end as computed
      from (select ${sumKey}, ${sums(names)} from campaign_analytics group by 1, 2, 3, 4) a
      full join (select ${sumKey}, ${sums(Object.values(daysOf))}
                   from daily_step_analytics where campaign_id is not null group by 1, 2, 3, 4) d
        on d.tenant_id = a.tenant_id and d.campaign_id = a.campaign_id and d.step_id = a.step_id and d.variant = a.variant
     where ${figuresOf('a', names)} is distinct from ${figuresOf('d', names)}
     limit ${limit}`.execute(trx)
  return rows
}
