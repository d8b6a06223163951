import { type Kysely, sql } from 'kysely'

/** What a plan allowed in each month beside what was used, which months are to be added up, and how the last audit ended. */
export async function up(db: Kysely<never>): Promise<void> {
  // A tenant's plan from a month on, the last that stood in it; from '-infinity': what stood before the first change.
  await sql`
    create table tenant_plans (
      tenant_id uuid not null references tenants (id) on delete cascade,
      month date not null,
      plan_emails integer,
      plan_mailboxes integer,
      plan_contacts integer,
      primary key (tenant_id, month)
    )`.execute(db)
  await sql`
    alter table billing_analytics
      add column plan_emails integer,
      add column plan_mailboxes integer,
      add column plan_contacts integer,
      add column emails_over bigint not null generated always as (greatest(emails_sent - plan_emails, 0)) stored,
      add column mailboxes_over integer not null
        generated always as (greatest(mailboxes_active - plan_mailboxes, 0)) stored,
      add column contacts_over bigint not null
        generated always as (greatest(contacts_reached - plan_contacts, 0)) stored`.execute(db)
  // A pass notes here, in its transaction, the months whose days it computed: adding up costs what is new.
  await sql`
    create table billing_touched_months (
      tenant_id uuid not null,
      period_start date not null,
      primary key (tenant_id, period_start)
    )`.execute(db)
  await sql`
    insert into billing_touched_months (tenant_id, period_start)
    select tenant_id, date_trunc('month', date)::date from daily_analytics where emails_sent > 0
    union select tenant_id, period_start from billing_analytics`.execute(db)
  // Of all days; one row.
  await sql`
    create table analytics_audits (
      singleton boolean primary key default true check (singleton),
      audited_at timestamptz not null default now(),
      differences integer not null
    )`.execute(db)
}
