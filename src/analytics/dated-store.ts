import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { isSealed } from './watermark-store.ts'

// What is told of an email may be told, or its transaction may end, before the email is known to be sent: such an event has
// no day of its own, and gets that of its email's `sent` event. One that was told before that day began is of an earlier
// attempt; it gets none, so that days are sealed before any of their events are dropped.
const isUndated = sql`
  v.sent_on is null and v.type in ('bounced', 'opened', 'clicked', 'replied', 'auto_replied', 'unsubscribed', 'complained')`
const dayOfSending = sql`
  lateral (select min(s.sent_on) as date from email_events s
            where s.tenant_id = v.tenant_id and s.email_id = v.email_id and s.class = 'delivery' and s.type = 'sent') s`
const isOfSending = sql`s.date <= ((v.recorded_at + interval '14 hours') at time zone 'UTC')::date`

const isCounted = sql`v.class in ('delivery', 'engagement')`
const facts = sql`
  v.tenant_id, v.campaign_id, v.step_id, v.variant, v.email_account_id as mailbox_id, v.email_id, v.type, v.machine`

/** As a table `v`: events with the day on which they are counted, of all days that are not sealed. */
export const datedEvents = sql`
  (select * from (
     select ${facts}, v.sent_on as date from email_events v where ${isCounted} and v.sent_on is not null
     union all
     select ${facts}, s.date from email_events v cross join ${dayOfSending}
      where ${isCounted} and ${isUndated} and ${isOfSending}) v
    where not ${isSealed('v.date')}) v`

// From the index alone: of its columns, and of the two classes by the names of their tables. `offset 0`: the planner believes
// that a touched day holds next to nothing, or everything, and reads all events to find it.
const ofTouched = (which: 'campaigns' | 'single') => {
  const ofDay = (eventClass: 'delivery' | 'engagement') => sql`
    select v.step_id, v.variant, v.email_id, v.type, v.machine from ${sql.table(`email_events_${eventClass}`)} v
     where v.tenant_id = t.tenant_id and v.email_account_id = t.mailbox_id and v.sent_on = t.date
       and ${which === 'campaigns' ? sql`v.campaign_id = t.campaign_id` : sql`v.campaign_id is null`}`
  return sql`
    select t.tenant_id, t.campaign_id, v.step_id, v.variant, t.mailbox_id, v.email_id, v.type, v.machine, t.date
      from touched_days t
     cross join lateral (${ofDay('delivery')} union all ${ofDay('engagement')} offset 0) v
     where t.campaign_id is ${which === 'campaigns' ? sql`not null` : sql`null`}`
}

/** As `datedEvents`, of the table touched_days. By index, at the cost of what these days hold. */
export const datedEventsOfTouched = sql`
  (${ofTouched('campaigns')} union all ${ofTouched('single')}
   union all
   select ${facts}, s.date
     from (select distinct tenant_id, mailbox_id from touched_days) m
     join email_events v on v.tenant_id = m.tenant_id and v.email_account_id = m.mailbox_id
    cross join ${dayOfSending}
     join touched_days t on t.tenant_id = v.tenant_id and t.mailbox_id = v.email_account_id and t.date = s.date
      and t.campaign_id is not distinct from v.campaign_id
    where ${isCounted} and ${isUndated} and ${isOfSending}) v`

/**
 * Notes, as the table dated_events, each event that has a day from now on: what is new, and what was told earlier of an email
 * that is new as sent. An event is among them once, in this pass or in another.
 */
export async function dateNewEvents(trx: Trx): Promise<void> {
  await sql`
    create temporary table dated_events on commit drop as
    select v.tenant_id, v.campaign_id, v.mailbox_id, v.sent_on as date from new_events v where v.sent_on is not null
    union all
    select v.tenant_id, v.campaign_id, v.mailbox_id, s.date from new_events v cross join ${dayOfSending}
     where ${isUndated} and ${isOfSending}
    union all
    select v.tenant_id, v.campaign_id, v.email_account_id, s.date
      from (select distinct tenant_id, email_id from new_events where type = 'sent') n
      join email_events v on v.tenant_id = n.tenant_id and v.email_id = n.email_id
     cross join ${dayOfSending}
     where ${isCounted} and ${isUndated} and ${isOfSending} and not ${isAmongNew('v')} and not exists (
       select from email_events k where k.tenant_id = v.tenant_id and k.email_id = v.email_id and k.class = 'delivery'
          and k.type = 'sent' and not ${isAmongNew('k')})`.execute(trx)
}

const isAmongNew = (event: 'v' | 'k') => sql`
  exists (select from new_events a where a.id = ${sql.ref(`${event}.id`)} and a.tenant_id = ${sql.ref(`${event}.tenant_id`)})`

/** Adds the events that have a day from now on to what is late there, if it is sealed. */
export async function countLate(trx: Trx): Promise<void> {
  await sql`
    insert into daily_analytics as d (tenant_id, campaign_id, mailbox_id, date, late_events)
    select tenant_id, campaign_id, mailbox_id, date, count(*) from dated_events v
     where ${isSealed('v.date')} group by 1, 2, 3, 4
    on conflict on constraint daily_analytics_key
    do update set late_events = d.late_events + excluded.late_events, updated_at = now()`.execute(trx)
}

/** Notes, as the table touched_days, the days that get more events. */
export async function touchDays(trx: Trx): Promise<void> {
  await sql`
    create temporary table touched_days on commit drop as
    select distinct tenant_id, campaign_id, mailbox_id, date from dated_events v where not ${isSealed('v.date')}`.execute(
    trx,
  )
  await sql`analyze touched_days`.execute(trx)
}
