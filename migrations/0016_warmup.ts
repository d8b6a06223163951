import { type Kysely, sql } from 'kysely'

/** Warmup: who takes part, each day's plan, both sides of every exchange, what was done with it, and daily counts. */
export async function up(db: Kysely<never>): Promise<void> {
  // closed: the tenant's mailboxes only write to one another. shared: they join those of other tenants that chose so too.
  await sql`
    alter table tenants
      add column warmup_pool text not null default 'none' check (warmup_pool in ('none', 'closed', 'shared'))
  `.execute(db)

  await sql`
    create table warmup_accounts (
      tenant_id uuid not null,
      email_account_id uuid not null,
      ramp_start integer not null default 3 check (ramp_start > 0),
      ramp_step integer not null default 2 check (ramp_step >= 0),
      ramp_ceiling integer not null default 40 check (ramp_ceiling >= ramp_start),
      weekdays_only boolean not null default true,
      jitter real not null default 0.15 check (jitter between 0 and 0.5),
      reply_share real not null default 0.3 check (reply_share between 0 and 1),
      language text not null default 'en' check (language in ('en', 'de', 'es')),
      folder text not null default 'Warmup' check (folder <> ''),
      started_on date not null,
      seed integer not null,
      paused_at timestamptz,
      paused_reason text,
      health text not null default 'healthy' check (health in ('healthy', 'watch', 'throttled', 'quarantined')),
      health_since timestamptz not null default now(),
      health_reason text,
      next_round_at timestamptz not null default now(),
      last_round_at timestamptz,
      last_round_note text,
      round_failures integer not null default 0,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, email_account_id),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)
  await sql`create index warmup_accounts_round_idx on warmup_accounts (next_round_at)`.execute(db)

  // One row for a mailbox and day: a day is planned once, however many schedulers plan it.
  await sql`
    create table warmup_plans (
      tenant_id uuid not null,
      email_account_id uuid not null,
      plan_date date not null,
      wanted integer not null check (wanted >= 0),
      planned integer not null check (planned >= 0),
      note text,
      created_at timestamptz not null default now(),
      primary key (tenant_id, email_account_id, plan_date),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)

  // Each side's record stands in its own tenant; nothing but the token joins the two.
  await sql`
    create table warmup_exchanges (
      tenant_id uuid not null,
      id uuid not null,
      email_account_id uuid not null,
      side text not null check (side in ('sender', 'receiver')),
      token text not null,
      thread_token text not null,
      depth integer not null default 1 check (depth between 1 and 4),
      partner_mailbox text not null,
      partner_domain text not null,
      partner_provider text not null,
      plan_date date not null,
      planned_at timestamptz not null,
      email_id uuid,
      found_at timestamptz,
      placement text check (placement in ('inbox', 'junk')),
      act_after timestamptz,
      wants_reply boolean not null default false,
      reply_after timestamptz,
      finished_at timestamptz,
      note text,
      primary key (tenant_id, id),
      constraint warmup_exchanges_token_key unique (token, side),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade,
      foreign key (tenant_id, email_id) references emails (tenant_id, id)
    )`.execute(db)
  await sql`
    create index warmup_exchanges_mailbox_idx on warmup_exchanges (tenant_id, email_account_id, side, plan_date)
  `.execute(db)
  await sql`
    create index warmup_exchanges_open_idx on warmup_exchanges (tenant_id, email_account_id)
     where side = 'receiver' and finished_at is null`.execute(db)
  await sql`create index warmup_exchanges_pair_idx on warmup_exchanges (email_account_id, partner_mailbox, plan_date)`.execute(
    db,
  )
  await sql`
    create index warmup_exchanges_email_idx on warmup_exchanges (tenant_id, email_id) where email_id is not null
  `.execute(db)

  // What was done with a message, each thing once even when a round is repeated.
  await sql`
    create table warmup_interactions (
      tenant_id uuid not null,
      id uuid not null,
      email_account_id uuid not null,
      interaction_type text not null
        check (interaction_type in ('sent', 'received', 'rescued', 'read', 'flagged', 'replied', 'filed')),
      partner_mailbox text not null,
      token text not null,
      placement text check (placement in ('inbox', 'junk')),
      email_id uuid,
      interaction_at timestamptz not null default now(),
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint warmup_interactions_once_key unique (tenant_id, email_account_id, token, interaction_type),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)
  await sql`
    create index warmup_interactions_mailbox_idx on warmup_interactions (tenant_id, email_account_id, interaction_at)
  `.execute(db)

  // Recomputed, never counted up. placement: inbox and junk by the partners' provider.
  await sql`
    create table warmup_daily_stats (
      tenant_id uuid not null,
      email_account_id uuid not null,
      date date not null,
      ramp_cap integer not null default 0,
      emails_sent integer not null default 0,
      campaign_sent integer not null default 0,
      inbox_count integer not null default 0,
      junk_count integer not null default 0,
      rescued integer not null default 0,
      opens_received integer not null default 0,
      replies_received integer not null default 0,
      replies_sent integer not null default 0,
      bounces integer not null default 0,
      complaints integer not null default 0,
      reputation_score integer not null default 0 check (reputation_score between 0 and 100),
      placement jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, email_account_id, date),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)

  // Tokens that are not ours, or that came to somebody else: ignored and counted.
  await sql`
    create table warmup_rejects (
      tenant_id uuid not null,
      email_account_id uuid not null,
      date date not null,
      reason text not null check (reason in ('forged', 'replayed', 'misdirected')),
      count integer not null default 0,
      primary key (tenant_id, email_account_id, date, reason),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)
}
