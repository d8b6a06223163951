import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { datedEvents, datedEventsOfTouched } from './dated-store.ts'
import {
  computeAllHappened,
  happenedColumns,
  happenedExcluded,
  happenedFigures,
  recomputeHappened,
} from './happened-store.ts'
import { isSealed } from './watermark-store.ts'

/** Figures by the day of sending, in the order in which `daysOf` computes them. */
export const sentDayFigures = [
  'emails_sent',
  'emails_delivered',
  'emails_opened',
  'emails_clicked',
  'emails_replied',
  'emails_bounced',
  'emails_unsubscribed',
  'emails_complained',
  'total_opens',
  'total_clicks',
  'total_replies',
  'auto_replies',
  'machine_opens',
  'machine_clicks',
] as const

const columns = sql.join(sentDayFigures.map((name) => sql.ref(name)))
const sums = sql.join(sentDayFigures.map((name) => sql`sum(${sql.ref(name)})`))
const excluded = sql.join(
  sentDayFigures.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`),
)

// By email first, then by day: two hash aggregates, where count(distinct …) would sort it all. Bounces of an email are
// one, so are complaints, however many events say so. Delivered is of an email too: sums of it then add up on every level.
const daysOf = (events: ReturnType<typeof sql>) => sql`
  select tenant_id, campaign_id, step_id, variant, mailbox_id, date,
         count(*) filter (where sent), count(*) filter (where sent and not bounced), count(*) filter (where opens > 0),
         count(*) filter (where clicks > 0), count(*) filter (where replies > 0), count(*) filter (where bounced),
         count(*) filter (where unsubscribed), count(*) filter (where complained), sum(opens), sum(clicks), sum(replies), sum(auto_replies),
         sum(machine_opens), sum(machine_clicks)
    from (
      select v.tenant_id, v.campaign_id, v.step_id, v.variant, v.mailbox_id, v.date, v.email_id,
             bool_or(v.type = 'sent') as sent, bool_or(v.type = 'bounced') as bounced,
             bool_or(v.type = 'unsubscribed') as unsubscribed, bool_or(v.type = 'complained') as complained,
             count(*) filter (where v.type = 'opened' and not v.machine) as opens,
             count(*) filter (where v.type = 'clicked' and not v.machine) as clicks,
             count(*) filter (where v.type = 'replied') as replies,
             count(*) filter (where v.type = 'auto_replied') as auto_replies,
             count(*) filter (where v.type = 'opened' and v.machine) as machine_opens,
             count(*) filter (where v.type = 'clicked' and v.machine) as machine_clicks
        from ${events}
       group by 1, 2, 3, 4, 5, 6, 7
    ) emails
   group by 1, 2, 3, 4, 5, 6`

/** The figures of some days, computed from the events that are kept, with the columns of daily_step_analytics. */
export const totalsOf = ({ from, to }: { from: string; to: string }) => sql`
  select tenant_id, campaign_id, step_id, variant, mailbox_id, date, ${columns}
    from (${daysOf(sql`${datedEvents} where v.date between ${from} and ${to}`)})
      as days (tenant_id, campaign_id, step_id, variant, mailbox_id, date, ${columns})`

/** Computes the touched days again from their events. */
export async function recomputeDays(trx: Trx): Promise<void> {
  // Compiling what looks costly, for its many partitions, takes longer than running it.
  await sql`set local jit = off`.execute(trx)
  await computeDays(trx, datedEventsOfTouched, '64MB')
  await sql`
    insert into daily_step_analytics (tenant_id, campaign_id, step_id, variant, mailbox_id, date, ${columns})
    select * from computed_days
    on conflict on constraint daily_step_analytics_key do update set ${excluded}`.execute(trx)
  await sql`
    insert into daily_analytics (tenant_id, campaign_id, mailbox_id, date, ${columns})
    select d.tenant_id, d.campaign_id, d.mailbox_id, d.date, ${sums}
      from touched_days t
     cross join lateral (
       select * from daily_step_analytics d
        where d.tenant_id = t.tenant_id and d.mailbox_id = t.mailbox_id and d.date = t.date
          and d.campaign_id is not distinct from t.campaign_id offset 0) d
     group by 1, 2, 3, 4
    on conflict on constraint daily_analytics_key do update set ${excluded}, updated_at = now()`.execute(trx)
  await recomputeHappened(trx)
}

/** Computes every day again that is not sealed, from all events that are kept; of the others, nothing is forgotten. */
export async function rebuildDays(trx: Trx): Promise<void> {
  await computeDays(trx, datedEvents, '256MB')
  await computeAllHappened(trx)
  await clearDays(trx)
  await sql`
    insert into daily_step_analytics (tenant_id, campaign_id, step_id, variant, mailbox_id, date, ${columns})
    select * from computed_days`.execute(trx)
  // Both kinds of figures at once: to write a row again costs as much as to write it.
  await sql`
    insert into daily_analytics (tenant_id, campaign_id, mailbox_id, date, ${columns}, ${happenedColumns})
    select tenant_id, nullif(campaign_id, ${none}), mailbox_id, date, ${orZero(sentDayFigures)}, ${orZero(happenedFigures)}
      from (select tenant_id, coalesce(campaign_id, ${none}) as campaign_id, mailbox_id, date, ${named(sentDayFigures)}
              from computed_days group by 1, 2, 3, 4) d
      full join (select tenant_id, coalesce(campaign_id, ${none}) as campaign_id, mailbox_id, date, ${happenedColumns}
                   from computed_happened) h using (tenant_id, campaign_id, mailbox_id, date)
    on conflict on constraint daily_analytics_key
    do update set ${excluded}, ${happenedExcluded}, updated_at = now()`.execute(trx)
}

const none = sql`'00000000-0000-0000-0000-000000000000'::uuid`
const named = (figures: readonly string[]) =>
  sql.join(figures.map((name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`))
const orZero = (figures: readonly string[]) =>
  sql.join(figures.map((name) => sql`coalesce(${sql.ref(name)}, 0)`))

// A table of its own first: what is inserted straight away is computed by one process alone.
async function computeDays(
  trx: Trx,
  events: ReturnType<typeof sql>,
  memory: '64MB' | '256MB',
): Promise<void> {
  await sql`set local work_mem = ${sql.lit(memory)}`.execute(trx)
  await sql`
    create temporary table computed_days (tenant_id, campaign_id, step_id, variant, mailbox_id, date, ${columns}) on commit drop as
    ${daysOf(events)}`.execute(trx)
}

// What is late of a day stays.
async function clearDays(trx: Trx): Promise<void> {
  await sql`delete from daily_step_analytics v where not ${isSealed('v.date')}`.execute(trx)
  await sql`delete from daily_analytics v where late_events = 0 and not ${isSealed('v.date')}`.execute(trx)
  const zero = sql.join([...sentDayFigures, ...happenedFigures].map((name) => sql`${sql.ref(name)} = 0`))
  await sql`update daily_analytics v set ${zero} where not ${isSealed('v.date')}`.execute(trx)
}

/** Adds up, by step and variant, the campaigns of the touched days, or all that have days, sealed ones too: no other then has a sum. */
export async function sumCampaigns(trx: Trx, which: 'touched' | 'all'): Promise<void> {
  if (which === 'all') await sql`delete from campaign_analytics`.execute(trx)
  // By index, as the days: the planner would read those of all campaigns that there ever were.
  const ofWhich =
    which === 'all'
      ? sql`daily_step_analytics d where campaign_id is not null`
      : sql`
          (select distinct tenant_id, campaign_id from touched_days) t
          cross join lateral (select * from daily_step_analytics d
                               where d.tenant_id = t.tenant_id and d.campaign_id = t.campaign_id offset 0) d`
  await sql`
    insert into campaign_analytics (tenant_id, campaign_id, step_id, variant, sent, delivered, opened_tracked, clicked_tracked,
                                    replied, bounced, unsubscribed, complained, first_sent_on, last_sent_on)
    select d.tenant_id, d.campaign_id, step_id, variant, sum(emails_sent), sum(emails_delivered), sum(emails_opened),
           sum(emails_clicked), sum(emails_replied), sum(emails_bounced), sum(emails_unsubscribed),
           sum(emails_complained), min(date) filter (where emails_sent > 0), max(date) filter (where emails_sent > 0)
      from ${ofWhich}
     group by 1, 2, 3, 4
    on conflict on constraint campaign_analytics_key do update
       set sent = excluded.sent, delivered = excluded.delivered, opened_tracked = excluded.opened_tracked,
           clicked_tracked = excluded.clicked_tracked, replied = excluded.replied, bounced = excluded.bounced,
           unsubscribed = excluded.unsubscribed, complained = excluded.complained,
           first_sent_on = excluded.first_sent_on, last_sent_on = excluded.last_sent_on, updated_at = now()`.execute(
    trx,
  )
}
