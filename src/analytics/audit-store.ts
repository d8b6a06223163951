import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { sentDayFigures, totalsOf } from './daily-store.ts'
import { type AuditedDays, asObject, asRow, type Difference } from './difference-store.ts'
import { happenedFigures, happenedIn } from './happened-store.ts'

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
export async function listDayDifferences(trx: Trx, days: AuditedDays, limit: number): Promise<Difference[]> {
  // Emails are hashed by the million; what is sorted on disk instead takes twice as long.
  await sql`set local work_mem = '256MB'`.execute(trx)
  await sql`create temporary table audited on commit drop as ${totalsOf(days)}`.execute(trx)
  const sums = sql.raw(sentDayFigures.map((name) => `sum(${name})::bigint as ${name}`).join(', '))
  const daily = sql`select tenant_id, campaign_id, mailbox_id, date, ${sums} from audited group by 1, 2, 3, 4`
  const comparisons: Comparison[] = [
    {
      of: 'daily_step_analytics',
      with: 'events',
      computed: sql`select * from audited`,
      figures: sentDayFigures,
    },
    { of: 'daily_analytics', with: 'events', computed: daily, figures: sentDayFigures },
    {
      of: 'daily_analytics',
      with: 'events by day of writing',
      computed: happenedIn(days),
      figures: happenedFigures,
    },
  ]
  const differences: Difference[] = []
  for (const comparison of comparisons) differences.push(...(await compare(trx, comparison, days, limit)))
  return differences
}

interface Comparison {
  of: 'daily_step_analytics' | 'daily_analytics'
  with: Difference['comparedWith']
  computed: ReturnType<typeof sql>
  figures: readonly string[]
}

// What names a row of a table besides `key`.
const step = sql`coalesce(c.step_id, s.step_id) as "stepId", chr(64 + nullif(coalesce(c.variant, s.variant), 0)) as variant`
const noStep = sql`null as "stepId", null as variant`

async function compare(
  trx: Trx,
  { of: table, with: comparedWith, computed, figures }: Comparison,
  { from, to }: AuditedDays,
  limit: number,
): Promise<Difference[]> {
  const isByStep = table === 'daily_step_analytics'
  const columns = isByStep ? [...key, 'step_id', 'variant'] : key
  const any = sql.raw(figures.map((name) => `s.${name} <> 0`).join(' or '))
  // Keys are compared by = so that the tables can be hashed: they have hundreds of thousands of rows.
  const { rows } = await sql<Difference>`
    with c as (${computed}), s as (
      select s.* from ${sql.table(table)} s
       where s.date between ${from} and ${to} and not exists (
         select from analytics_sealed_days d where (d.tenant_id = s.tenant_id or d.tenant_id is null) and s.date <= d.through)
    )
    select ${sql.lit(table)} as what, ${sql.lit(comparedWith)} as "comparedWith", ${isByStep ? step : noStep}, coalesce(c.tenant_id, s.tenant_id) as "tenantId",
           coalesce(c.campaign_id, s.campaign_id) as "campaignId", coalesce(c.mailbox_id, s.mailbox_id) as "mailboxId", null as "emailId",
           coalesce(c.date, s.date) as date, case when s.tenant_id is not null then ${asObject('s', figures)} end as stored,
           case when c.tenant_id is not null then ${asObject('c', figures)} end as computed
      from c full join s on ${sameKey('s', 'c', columns)}
     where ${asRow('c', figures)} is distinct from ${asRow('s', figures)} and (c.tenant_id is not null or ${any})
     order by date, "campaignId", "mailboxId", "stepId", variant limit ${limit}`.execute(trx)
  return rows
}
