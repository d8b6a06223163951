import { type Kysely, sql } from 'kysely'

/** The ledger: one row for one message to one recipient, and the budgets its claims are taken from. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table emails (
      tenant_id uuid not null references tenants (id),
      id uuid not null,
      kind text not null default 'campaign' check (kind in ('campaign', 'transactional', 'warmup')),
      campaign_id uuid,
      lead_id uuid,
      step_id uuid,
      idempotency_key text,
      email_account_id uuid not null,
      lane text not null default 'normal' check (lane in ('high', 'normal', 'low')),
      to_address text not null,
      to_domain text not null generated always as (lower(substring(to_address from '[^@]*$'))) stored,
      content jsonb,
      status text not null default 'scheduled'
        check (status in ('scheduled', 'held', 'submitting', 'sent', 'failed', 'skipped', 'unknown')),
      due_at timestamptz not null,
      first_due_at timestamptz not null,
      attempt integer not null default 0,
      transient_failures integer not null default 0,
      claim_id uuid,
      claimed_at timestamptz,
      lease_until timestamptz,
      budget_keys text[] not null default '{}',
      message_id text,
      server_message_id text,
      ref text,
      subject text,
      sent_at timestamptz,
      sent_on date,
      reply_code integer,
      enhanced_status text,
      reply_text text,
      reason_code text,
      error_message text,
      duplicate_suspected boolean not null default false,
      opened_at timestamptz,
      clicked_at timestamptz,
      replied_at timestamptz,
      bounced_at timestamptz,
      complained_at timestamptz,
      bounce_type text,
      bounce_reason text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint emails_step_key unique (tenant_id, campaign_id, lead_id, step_id),
      constraint emails_idempotency_key unique (tenant_id, idempotency_key),
      constraint emails_identity_check check (
        (campaign_id is not null and lead_id is not null and step_id is not null)
        or (campaign_id is null and step_id is null and idempotency_key is not null)
      ),
      constraint emails_ended_with_reason_check
        check (status not in ('failed', 'skipped', 'unknown') or (reason_code is not null and error_message is not null)),
      constraint emails_sent_at_check check (status <> 'sent' or (sent_at is not null and sent_on is not null)),
      constraint emails_claim_check
        check (status <> 'submitting' or (claim_id is not null and lease_until is not null and message_id is not null)),
      foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id),
      foreign key (tenant_id, lead_id) references leads (tenant_id, id),
      foreign key (tenant_id, step_id) references campaign_steps (tenant_id, id),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id)
    ) with (fillfactor = 80)`.execute(db)

  // What the claim reads: the due rows of one lane, oldest first. Held and ended rows are not in it.
  await sql`
    create index emails_due_idx on emails (email_account_id, lane, due_at) where status = 'scheduled'
  `.execute(db)
  await sql`create index emails_lease_idx on emails (lease_until) where status = 'submitting'`.execute(db)
  await sql`create index emails_claim_idx on emails (claim_id) where status = 'submitting'`.execute(db)
  await sql`create index emails_unknown_idx on emails (tenant_id, updated_at) where status = 'unknown'`.execute(
    db,
  )
  await sql`create index emails_message_id_idx on emails using hash (message_id)`.execute(db)
  await sql`create index emails_ref_idx on emails using hash (ref)`.execute(db)
  await sql`create index emails_campaign_status_idx on emails (tenant_id, campaign_id, status)`.execute(db)
  await sql`create index emails_lead_idx on emails (tenant_id, lead_id)`.execute(db)

  // One row a key, locked in key order before anything is decided. used: taken from a fixed period.
  // buckets: takings by hour of a rolling window, newest last, the newest beginning at bucket_at.
  // ready_at: when a minimum gap ends.
  await sql`
    create table send_budgets (
      key text primary key,
      tenant_id uuid not null references tenants (id),
      used integer not null default 0 check (used >= 0),
      buckets integer[] not null default '{}',
      bucket_at timestamptz,
      ready_at timestamptz,
      updated_at timestamptz not null default now()
    ) with (fillfactor = 70)`.execute(db)
}
