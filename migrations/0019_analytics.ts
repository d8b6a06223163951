import { type Kysely, sql } from 'kysely'

/** What happened, in numbers: daily rows, computed from events, and what is summed up from those. */
export async function up(db: Kysely<never>): Promise<void> {
  // A pass reads what became visible since the snapshot of the last one; its numbers mean nothing in another system.
  await sql`
    create table analytics_watermark (
      singleton boolean primary key default true check (singleton),
      snapshot pg_snapshot not null,
      system_identifier bigint not null,
      passed_at timestamptz not null default now()
    )`.execute(db)
  // Days up to and with this one are not computed from events again. tenant_id null: of every tenant.
  await sql`
    create table analytics_sealed_days (
      tenant_id uuid,
      through date not null,
      sealed_at timestamptz not null default now(),
      constraint analytics_sealed_days_key unique nulls not distinct (tenant_id)
    )`.execute(db)
  await createDailyTables(db)
  await createSums(db)
  // What a pass reads again of a touched day, however much is stored beside it.
  await sql`
    create index email_events_sent_on_idx on email_events (tenant_id, email_account_id, sent_on, campaign_id)
     where sent_on is not null`.execute(db)
}

// Of the emails sent on the day, whenever it happened. emails_*: emails that it happened to; total_*: how often.
const counts = sql`
  emails_sent integer not null default 0,
  emails_opened integer not null default 0,
  emails_clicked integer not null default 0,
  emails_replied integer not null default 0,
  emails_bounced integer not null default 0,
  emails_unsubscribed integer not null default 0,
  emails_complained integer not null default 0,
  total_opens integer not null default 0,
  total_clicks integer not null default 0,
  total_replies integer not null default 0,
  auto_replies integer not null default 0,
  machine_opens integer not null default 0,
  machine_clicks integer not null default 0,
  emails_delivered integer not null generated always as (greatest(emails_sent - emails_bounced, 0)) stored`

const rate = (part: string) =>
  sql`double precision not null generated always as (
    case when emails_sent > 0 then 100.0 * ${sql.ref(part)} / emails_sent else 0 end) stored`

async function createDailyTables(db: Kysely<never>): Promise<void> {
  await sql`
    create table daily_step_analytics (
      tenant_id uuid not null,
      campaign_id uuid,
      step_id uuid,
      mailbox_id uuid not null,
      date date not null,
      ${counts},
      constraint daily_step_analytics_key unique nulls not distinct (tenant_id, campaign_id, step_id, mailbox_id, date)
    )`.execute(db)
  // late_events: told of a sealed day after it was sealed. happened_*: written on the day (UTC), whenever the email was sent.
  await sql`
    create table daily_analytics (
      tenant_id uuid not null,
      campaign_id uuid,
      mailbox_id uuid not null,
      date date not null,
      ${counts},
      open_rate ${rate('emails_opened')},
      click_rate ${rate('emails_clicked')},
      reply_rate ${rate('emails_replied')},
      bounce_rate ${rate('emails_bounced')},
      late_events integer not null default 0,
      happened_sent integer not null default 0,
      happened_deferred integer not null default 0,
      happened_failed integer not null default 0,
      happened_bounced integer not null default 0,
      happened_opens integer not null default 0,
      happened_clicks integer not null default 0,
      happened_replies integer not null default 0,
      happened_unsubscribed integer not null default 0,
      happened_complained integer not null default 0,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint daily_analytics_key unique nulls not distinct (tenant_id, campaign_id, mailbox_id, date)
    )`.execute(db)
  await sql`create index daily_analytics_date_idx on daily_analytics (tenant_id, date)`.execute(db)
  await sql`create index daily_analytics_mailbox_idx on daily_analytics (tenant_id, mailbox_id, date)`.execute(
    db,
  )
}

async function createSums(db: Kysely<never>): Promise<void> {
  await sql`
    create table campaign_analytics (
      tenant_id uuid not null,
      campaign_id uuid not null,
      step_id uuid,
      sent bigint not null,
      delivered bigint not null,
      opened_tracked bigint not null,
      clicked_tracked bigint not null,
      replied bigint not null,
      bounced bigint not null,
      unsubscribed bigint not null,
      complained bigint not null,
      first_sent_on date,
      last_sent_on date,
      updated_at timestamptz not null default now(),
      constraint campaign_analytics_key unique nulls not distinct (tenant_id, campaign_id, step_id)
    )`.execute(db)
  // Plain sums of the ledger, where the first facts of every kind stand: they need no pass.
  await sql`
    create view lead_stats with (security_invoker = true) as
      select tenant_id, lead_id, count(*) filter (where status = 'sent') as emails_sent, count(opened_at) as emails_opened,
             count(clicked_at) as emails_clicked, count(replied_at) as emails_replied, count(bounced_at) as emails_bounced,
             count(unsubscribed_at) > 0 as unsubscribed, count(complained_at) > 0 as complained,
             min(sent_at) as first_sent_at, max(sent_at) as last_sent_at,
             max(greatest(opened_at, clicked_at, replied_at)) as last_engaged_at
        from emails where lead_id is not null group by tenant_id, lead_id`.execute(db)
  // Never granted to tenants: materialized views know no row-level security.
  await sql`
    create materialized view campaign_performance_mv as
      select a.tenant_id, a.campaign_id, c.campaign_name, c.status, a.sent, a.delivered, a.opened_tracked, a.clicked_tracked,
             a.replied, a.updated_at,
             case when a.sent > 0 then 100.0 * a.delivered / a.sent else 0 end::double precision as delivery_rate,
             case when a.sent > 0 then 100.0 * a.opened_tracked / a.sent else 0 end::double precision as open_rate,
             case when a.sent > 0 then 100.0 * a.clicked_tracked / a.sent else 0 end::double precision as click_rate
        from (select tenant_id, campaign_id, sum(sent)::bigint as sent, sum(delivered)::bigint as delivered,
                     sum(opened_tracked)::bigint as opened_tracked, sum(clicked_tracked)::bigint as clicked_tracked,
                     sum(replied)::bigint as replied, max(updated_at) as updated_at
                from campaign_analytics group by tenant_id, campaign_id) a
        join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id`.execute(db)
  await sql`create unique index campaign_performance_mv_key on campaign_performance_mv (tenant_id, campaign_id)`.execute(
    db,
  )
  await sql`
    create table billing_analytics (
      tenant_id uuid not null,
      period_start date not null,
      period_end date not null,
      emails_sent bigint not null,
      mailboxes_active integer not null,
      contacts_reached bigint not null,
      updated_at timestamptz not null default now(),
      primary key (tenant_id, period_start)
    ) partition by range (period_start)`.execute(db)
  await sql`create table billing_analytics_default partition of billing_analytics default`.execute(db)
  for (let year = 2025; year <= 2035; year += 1)
    await sql`
      create table ${sql.id(`billing_analytics_y${year}`)} partition of billing_analytics
        for values from (${sql.lit(`${year}-01-01`)}) to (${sql.lit(`${year + 1}-01-01`)})`.execute(db)
}
