import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { isSealed } from './watermark-store.ts'

const typeOf = {
  happened_sent: 'sent',
  happened_deferred: 'deferred',
  happened_failed: 'failed',
  happened_bounced: 'bounced',
  happened_opens: 'opened',
  happened_clicks: 'clicked',
  happened_replies: 'replied',
  happened_unsubscribed: 'unsubscribed',
  happened_complained: 'complained',
} as const

/** Figures by the day of writing (UTC): it is over when it is over, whatever a message says of itself. */
export const happenedFigures = Object.keys(typeOf) as (keyof typeof typeOf)[]

export const happenedColumns = sql.join(happenedFigures.map((name) => sql.ref(name)))
export const happenedExcluded = sql.join(
  happenedFigures.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`),
)
const counts = sql.join(
  Object.entries(typeOf).map(
    ([name, type]) =>
      sql`count(*) filter (where v.type = ${sql.lit(type)} and not v.machine) as ${sql.ref(name)}`,
  ),
)

const figuresOf = (events: ReturnType<typeof sql>) => sql`
  select v.tenant_id, v.campaign_id, v.email_account_id as mailbox_id, recorded_on as date, ${counts}
    from ${events} and not ${isSealed('recorded_on')}
   group by 1, 2, 3, 4`

const startOf = (day: ReturnType<typeof sql>) => sql`(${day} at time zone 'UTC')`

// By index: it costs what was written of these mailboxes on that day, each event read once, however much others wrote. Between
// the first and the last of these days, so that only their months are looked into; `offset 0`, since the planner thinks little
// of indexes.
const eventsOfTouched = ({ from, to }: { from: string; to: string }) => sql`
  (select v.*, t.recorded_on
     from (select distinct tenant_id, mailbox_id, recorded_on from touched_writings) t
    cross join lateral (
     select tenant_id, campaign_id, email_account_id, type, machine from email_events v
      where v.tenant_id = t.tenant_id and v.email_account_id = t.mailbox_id
        and v.recorded_at >= ${startOf(sql`t.recorded_on`)} and v.recorded_at < ${startOf(sql`(t.recorded_on + 1)`)}
        and v.recorded_at >= ${startOf(sql`${from}::date`)} and v.recorded_at < ${startOf(sql`(${to}::date + 1)`)}
        and v.class in ('delivery', 'engagement') offset 0) v) v
   where true`

const eventsOf = ({ from, to }: { from: string; to: string }) => sql`
  (select *, (recorded_at at time zone 'UTC')::date as recorded_on from email_events) v
   where recorded_on between ${from} and ${to} and v.class in ('delivery', 'engagement')`

/** What happened in some days, computed from the events that are kept, with the columns of daily_analytics. */
export const happenedIn = (days: { from: string; to: string }) => figuresOf(eventsOf(days))

/** Notes of which mailboxes and campaigns the new events were written, and on which days. */
export async function touchWritingsOfNewEvents(trx: Trx): Promise<void> {
  await sql`
    create temporary table touched_writings on commit drop as
    select distinct tenant_id, campaign_id, mailbox_id, recorded_on from new_events`.execute(trx)
  await sql`analyze touched_writings`.execute(trx)
}

/** Computes what was touched again. */
export async function recomputeHappened(trx: Trx): Promise<void> {
  const { rows } = await sql<{ from: string | null; to: string | null }>`
    select min(recorded_on) as from, max(recorded_on) as to from touched_writings`.execute(trx)
  const [{ from, to } = { from: null, to: null }] = rows
  if (from === null || to === null) return
  await sql`
    insert into daily_analytics (tenant_id, campaign_id, mailbox_id, date, ${happenedColumns})
    select f.* from (${figuresOf(eventsOfTouched({ from, to }))}) f
      join touched_writings t on t.tenant_id = f.tenant_id and t.mailbox_id = f.mailbox_id and t.recorded_on = f.date
       and t.campaign_id is not distinct from f.campaign_id
    on conflict on constraint daily_analytics_key do update set ${happenedExcluded}, updated_at = now()`.execute(
    trx,
  )
}

/** Computes all that there is aside, as the table computed_happened. */
export async function computeAllHappened(trx: Trx): Promise<void> {
  await sql`
    create temporary table computed_happened on commit drop as
    ${happenedIn({ from: '-infinity', to: 'infinity' })}`.execute(trx)
}
