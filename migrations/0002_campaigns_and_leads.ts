import { type Kysely, sql } from 'kysely'

/** What is to be said, to whom: templates, campaigns with their steps, leads and their enrolments. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table templates (
      tenant_id uuid not null references tenants (id),
      id uuid not null,
      template_name text not null,
      subject text not null default '',
      content text not null,
      content_text text,
      variables jsonb not null default '{}',
      is_active boolean not null default true,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint templates_template_name_key unique (tenant_id, template_name)
    )`.execute(db)

  await sql`
    create table campaigns (
      tenant_id uuid not null references tenants (id),
      id uuid not null,
      campaign_name text not null check (campaign_name <> ''),
      status text not null default 'draft' check (status in ('draft', 'active', 'paused', 'completed')),
      status_reason text,
      lane text not null default 'normal' check (lane in ('high', 'normal', 'low')),
      timezone text not null default 'UTC',
      configuration jsonb not null,
      seed integer not null,
      enrolled_through uuid,
      enrolled_at timestamptz,
      scheduled_at timestamptz,
      started_at timestamptz,
      completed_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint campaigns_campaign_name_key unique (tenant_id, campaign_name)
    )`.execute(db)
  await sql`create index campaigns_active_idx on campaigns (status) where status in ('active', 'paused')`.execute(
    db,
  )

  // Where the planner stands with each mailbox of the rotation: it resumes from here after any crash.
  await sql`
    create table campaign_mailboxes (
      tenant_id uuid not null,
      campaign_id uuid not null,
      email_account_id uuid not null,
      position integer not null,
      next_slot_at timestamptz,
      planned_on date,
      planned_count integer not null default 0,
      primary key (tenant_id, campaign_id, email_account_id),
      foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade,
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id)
    )`.execute(db)

  // Known by its id, not its position: a step inserted in mid-campaign renumbers nothing.
  await sql`
    create table campaign_steps (
      tenant_id uuid not null,
      id uuid not null,
      campaign_id uuid not null,
      position integer not null check (position > 0),
      step_name text not null default '',
      template_id uuid,
      subject text not null default '',
      content text,
      content_text text,
      delay jsonb not null default '{}',
      quote_previous boolean not null default false,
      is_active boolean not null default true,
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint campaign_steps_position_key unique (tenant_id, campaign_id, position),
      constraint campaign_steps_content_check
        check (template_id is not null or content is not null or content_text is not null),
      foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade,
      foreign key (tenant_id, template_id) references templates (tenant_id, id)
    )`.execute(db)

  await sql`
    create table leads (
      tenant_id uuid not null references tenants (id),
      id uuid not null,
      email text not null check (email <> '' and length(email) <= 254),
      first_name text,
      last_name text,
      company text,
      position text,
      timezone text,
      tags text[] not null default '{}',
      metadata jsonb not null default '{}',
      imported_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint leads_email_key unique (tenant_id, email)
    )`.execute(db)
  await sql`create index leads_tags_idx on leads using gin (tags)`.execute(db)

  // plan_at set: the planner owes this lead its next step. Null: it waits for an email, or has ended.
  await sql`
    create table campaign_leads (
      tenant_id uuid not null,
      campaign_id uuid not null,
      lead_id uuid not null,
      email_account_id uuid not null,
      status text not null default 'active' check (status in ('active', 'finished', 'stopped')),
      stopped_code text,
      stopped_reason text,
      last_step_id uuid,
      last_sent_at timestamptz,
      next_step_id uuid,
      next_due_at timestamptz,
      plan_at timestamptz,
      enrolled_at timestamptz not null default now(),
      ended_at timestamptz,
      primary key (tenant_id, campaign_id, lead_id),
      foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade,
      foreign key (tenant_id, lead_id) references leads (tenant_id, id),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id)
    )`.execute(db)
  await sql`create index campaign_leads_plan_idx on campaign_leads (plan_at) where plan_at is not null`.execute(
    db,
  )
  await sql`
    create index campaign_leads_active_idx on campaign_leads (tenant_id, campaign_id) where status = 'active'
  `.execute(db)

  // A null tenant means every tenant of the installation.
  await sql`
    create table suppressions (
      id uuid primary key,
      tenant_id uuid references tenants (id),
      scope text not null check (scope in ('address', 'domain')),
      value text not null check (value = lower(value)),
      reason text not null,
      source text not null,
      evidence jsonb not null default '{}',
      expires_at timestamptz,
      created_at timestamptz not null default now(),
      constraint suppressions_value_key unique nulls not distinct (value, scope, tenant_id)
    )`.execute(db)
}
