import { type Kysely, sql } from 'kysely'

/** Who sends and from where: tenants, their domains and mailboxes, sealed credentials, lanes. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table tenants (
      id uuid primary key,
      name text not null check (name <> ''),
      domain text,
      status text not null default 'active' check (status in ('active', 'suspended')),
      timezone text not null default 'UTC',
      unknown_policy text not null default 'never_resend' check (unknown_policy in ('never_resend', 'resend_if_absent')),
      settings jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint tenants_name_key unique (name)
    )`.execute(db)

  await sql`
    create table email_providers (
      id text primary key,
      name text not null,
      smtp_host text,
      smtp_port integer,
      imap_host text,
      imap_port integer,
      max_connections integer not null default 5 check (max_connections > 0),
      files_sent_mail boolean not null default false,
      rewrites_message_id boolean not null default false,
      rate_limits jsonb not null default '{}',
      capabilities jsonb not null default '{}'
    )`.execute(db)

  // Whether a provider files submitted mail in Sent decides what an absent message proves.
  await sql`
    insert into email_providers
      (id, name, smtp_host, smtp_port, imap_host, imap_port, max_connections, files_sent_mail, rewrites_message_id)
    values
      ('generic', 'Any SMTP and IMAP server', null, null, null, null, 5, false, false),
      ('gmail', 'Gmail and Google Workspace', 'smtp.gmail.com', 587, 'imap.gmail.com', 993, 5, true, false),
      ('outlook', 'Outlook and Microsoft 365', 'smtp.office365.com', 587, 'outlook.office365.com', 993, 3, true, true),
      ('yahoo', 'Yahoo Mail', 'smtp.mail.yahoo.com', 465, 'imap.mail.yahoo.com', 993, 3, true, false),
      ('fastmail', 'Fastmail', 'smtp.fastmail.com', 465, 'imap.fastmail.com', 993, 5, false, false),
      ('zoho', 'Zoho Mail', 'smtp.zoho.com', 465, 'imap.zoho.com', 993, 3, true, false),
      ('ses', 'Amazon SES', null, 587, null, null, 10, false, true)`.execute(db)

  await sql`
    create table domains (
      tenant_id uuid not null references tenants (id),
      id uuid not null,
      domain_name text not null check (domain_name = lower(domain_name)),
      verification_status text not null default 'pending' check (verification_status in ('pending', 'verified', 'failed')),
      dns_records jsonb not null default '{}',
      is_primary boolean not null default false,
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint domains_domain_name_key unique (tenant_id, domain_name)
    )`.execute(db)

  await sql`
    create table email_accounts (
      tenant_id uuid not null references tenants (id),
      id uuid not null,
      email_address text not null check (email_address = lower(email_address)),
      display_name text not null default '',
      domain_id uuid,
      provider_id text not null default 'generic' references email_providers (id),
      mailbox_type text not null default 'personal' check (mailbox_type in ('personal', 'shared', 'system')),
      status text not null default 'active' check (status in ('active', 'paused')),
      status_reason text,
      paused_until timestamptz,
      timezone text not null default 'UTC',
      daily_limit integer not null default 500 check (daily_limit > 0),
      rolling_limit integer check (rolling_limit > 0),
      min_gap_seconds real not null default 0 check (min_gap_seconds >= 0),
      gap_jitter real not null default 0.25 check (gap_jitter between 0 and 1),
      max_connections integer not null default 2 check (max_connections between 1 and 50),
      smtp_host text not null,
      smtp_port integer not null check (smtp_port between 1 and 65535),
      smtp_security text not null default 'starttls' check (smtp_security in ('starttls', 'tls', 'none')),
      smtp_username text,
      smtp_insecure_auth boolean not null default false,
      imap_host text,
      imap_port integer check (imap_port between 1 and 65535),
      imap_security text not null default 'tls' check (imap_security in ('starttls', 'tls', 'none')),
      imap_username text,
      warmup_status text not null default 'none'
        check (warmup_status in ('none', 'warming', 'ready', 'paused', 'quarantined')),
      warmup_started_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint email_accounts_id_key unique (id),
      constraint email_accounts_email_address_key unique (tenant_id, email_address),
      foreign key (tenant_id, domain_id) references domains (tenant_id, id)
    )`.execute(db)
  await sql`create index email_accounts_smtp_host_idx on email_accounts (smtp_host, smtp_port)`.execute(db)

  // Sealed with AES-256-GCM, bound to tenant, mailbox and field: a row copied elsewhere does not open.
  await sql`
    create table mailbox_credentials (
      tenant_id uuid not null,
      email_account_id uuid not null,
      field text not null check (field in ('smtp_password', 'imap_password')),
      key_id text not null,
      sealed bytea not null,
      updated_at timestamptz not null default now(),
      primary key (tenant_id, email_account_id, field),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)

  // A lane is one mailbox at one priority: what one sending session works on.
  await sql`
    create table sending_lanes (
      tenant_id uuid not null,
      email_account_id uuid not null,
      lane text not null check (lane in ('high', 'normal', 'low')),
      blocked_until timestamptz,
      blocked_code text,
      blocked_reason text,
      primary key (email_account_id, lane),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)

  // Append-only and drained in key order: an insert never waits for another transaction.
  await sql`
    create table lane_wakes (
      id bigint generated always as identity primary key,
      tenant_id uuid not null,
      email_account_id uuid not null,
      lane text not null,
      wake_at timestamptz not null default now()
    )`.execute(db)
  await sql`create index lane_wakes_due_idx on lane_wakes (wake_at)`.execute(db)
  await sql`create index lane_wakes_lane_idx on lane_wakes (email_account_id, lane)`.execute(db)

  // Shared by every process that connects to the host: the breaker is a row, never memory.
  await sql`
    create table smtp_hosts (
      host text not null,
      port integer not null,
      connect_failures integer not null default 0,
      last_failure text,
      last_failed_at timestamptz,
      opened_until timestamptz,
      primary key (host, port)
    )`.execute(db)
}
