import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { sentDayFigures, totalsOf } from './daily-store.ts'

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

const object = (prefix: string) =>
  sql.raw(`jsonb_build_object(${sentDayFigures.map((name) => `'${name}', ${prefix}.${name}`).join(', ')})`)

const figuresOf = (prefix: string) =>
  sql.raw(`(${sentDayFigures.map((name) => `${prefix}.${name}`).join(', ')})`)

const none = '00000000-0000-0000-0000-000000000000'
const comparable = (row: string, column: string) =>
  column === 'campaign_id' || column === 'step_id'
    ? `coalesce(${row}.${column}, '${none}')`
    : `${row}.${column}`
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
    [...key, 'step_id'],
    limit,
  )
  const sums = sql.raw(sentDayFigures.map((name) => `sum(${name})::bigint as ${name}`).join(', '))
  const daily = sql`select tenant_id, campaign_id, mailbox_id, date, ${sums} from audited group by 1, 2, 3, 4`
  return [
    ...steps,
    ...(await compare(trx, 'daily_analytics', daily, days, key, limit)),
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
): Promise<Difference[]> {
  const any = sql.raw(sentDayFigures.map((name) => `s.${name} <> 0`).join(' or '))
  // Keys are compared by = so that the tables can be hashed: they have hundreds of thousands of rows.
  const { rows } = await sql<Difference>`
    with c as (${computed}), s as (
      select s.* from ${sql.table(table)} s
       where s.date between ${from} and ${to} and not exists (
         select from analytics_sealed_days d where (d.tenant_id = s.tenant_id or d.tenant_id is null) and s.date <= d.through)
    )
    select ${sql.lit(table)} as what, coalesce(c.tenant_id, s.tenant_id) as "tenantId",
           coalesce(c.campaign_id, s.campaign_id) as "campaignId", coalesce(c.mailbox_id, s.mailbox_id) as "mailboxId",
           coalesce(c.date, s.date) as date, case when s.tenant_id is not null then ${object('s')} end as stored,
           case when c.tenant_id is not null then ${object('c')} end as computed
      from c full join s on ${sameKey('s', 'c', columns)}
     where ${figuresOf('c')} is distinct from ${figuresOf('s')} and (c.tenant_id is not null or ${any})
     order by 5, 3, 4 limit ${limit}`.execute(trx)
  return rows
}

// The sums over all days, sealed ones too.
async function compareSums(trx: Trx, limit: number): Promise<Difference[]> {
  const { rows } = await sql<Difference>`
    select 'campaign_analytics' as what, coalesce(a.tenant_id, d.tenant_id) as "tenantId",
           coalesce(a.campaign_id, d.campaign_id) as "campaignId", null as "mailboxId", null as date,
           jsonb_build_object('sent', a.sent, 'opened', a.opened, 'replied', a.replied) as stored,
           jsonb_build_object('sent', d.sent, 'opened', d.opened, 'replied', d.replied) as computed
      from (select tenant_id, campaign_id, sum(sent) as sent, sum(opened_tracked) as opened, sum(replied) as replied
              from campaign_analytics group by 1, 2) a
      full join (select tenant_id, campaign_id, sum(emails_sent) as sent, sum(emails_opened) as opened,
                        sum(emails_replied) as replied
                   from daily_step_analytics where campaign_id is not null group by 1, 2) d
        on d.tenant_id = a.tenant_id and d.campaign_id = a.campaign_id
     where (a.sent, a.opened, a.replied) is distinct from (d.sent, d.opened, d.replied)
     limit ${limit}`.execute(trx)
  return rows
}
