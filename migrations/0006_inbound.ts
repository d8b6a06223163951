import { type Kysely, sql } from 'kysely'

/** What comes back: folders with their cursors, inbound messages and bodies, bounce facts, counters. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table email_accounts
      add column sync_interval_seconds integer not null default 300 check (sync_interval_seconds >= 1),
      add column next_sync_at timestamptz not null default now(),
      add column last_synced_at timestamptz,
      add column sync_failures integer not null default 0,
      add column sync_error text,
      add column plus_addressing boolean not null default false`.execute(db)
  await sql`
    create index email_accounts_next_sync_idx on email_accounts (next_sync_at) where imap_host is not null
  `.execute(db)

  // The cursor of one folder: everything up to last_uid under this UIDVALIDITY has been read.
  await sql`
    create table email_folders (
      tenant_id uuid not null,
      id uuid not null,
      email_account_id uuid not null,
      path text not null,
      folder_type text not null check (folder_type in ('inbox', 'junk', 'sent', 'all')),
      uid_validity bigint,
      last_uid bigint not null default 0,
      highest_modseq text,
      reseeding boolean not null default false,
      message_count integer not null default 0,
      -- When the server last listed it; null once it is gone or has another name.
      listed_at timestamptz,
      synced_at timestamptz,
      -- The message at which processing threw or its process died, and how often.
      suspect_uid bigint,
      suspect_attempts integer not null default 0,
      primary key (tenant_id, id),
      constraint email_folders_path_key unique (email_account_id, path),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)

  // The parts of a message that are read again: once for each tenant, however many messages bear them.
  await sql`
    create table email_bodies (
      tenant_id uuid not null references tenants (id),
      sha256 bytea not null,
      encoding text not null check (encoding in ('br', 'identity')),
      bytes integer not null,
      truncated boolean not null default false,
      body bytea not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, sha256)
    )`.execute(db)

  // Identity is (folder, UIDVALIDITY, UID); after a re-seed the hash of the message and its INTERNALDATE.
  await sql`
    create table email_messages (
      tenant_id uuid not null,
      id uuid not null,
      email_account_id uuid not null,
      folder_id uuid not null,
      uid_validity bigint not null,
      imap_uid bigint not null,
      direction text not null default 'inbound' check (direction in ('inbound', 'outbound')),
      message_type text not null check (message_type in (
        'report', 'complaint', 'auto_reply', 'challenge', 'unsubscribe', 'warmup', 'reply', 'other', 'unreadable')),
      status text not null default 'pending' check (status in ('pending', 'processed', 'unmatched', 'unreadable')),
      reason text,
      from_email text,
      to_email text,
      subject text,
      message_id text,
      in_reply_to text,
      thread_id uuid,
      internal_date timestamptz not null,
      size_bytes bigint not null,
      message_sha256 bytea,
      body_sha256 bytea,
      attempts integer not null default 0,
      email_id uuid,
      campaign_id uuid,
      lead_id uuid,
      matched_by text check (matched_by in ('verp', 'message_id', 'ref', 'original_recipient', 'recency', 'thread')),
      facts jsonb not null default '{}',
      received_at timestamptz not null default now(),
      processed_at timestamptz,
      primary key (tenant_id, id),
      constraint email_messages_uid_key unique (folder_id, uid_validity, imap_uid),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade,
      foreign key (tenant_id, folder_id) references email_folders (tenant_id, id) on delete cascade,
      foreign key (tenant_id, body_sha256) references email_bodies (tenant_id, sha256)
    )`.execute(db)
  await sql`
    create index email_messages_hash_idx on email_messages (email_account_id, message_sha256, internal_date)
  `.execute(db)
  await sql`create index email_messages_email_idx on email_messages (tenant_id, email_id)`.execute(db)
  await sql`
    create index email_messages_open_idx on email_messages (tenant_id, status, received_at)
     where status in ('pending', 'unmatched', 'unreadable')`.execute(db)

  await sql`
    create table email_attachments (
      tenant_id uuid not null,
      message_id uuid not null,
      position integer not null,
      filename text,
      content_type text not null,
      size_bytes bigint not null,
      sha256 bytea,
      primary key (tenant_id, message_id, position),
      foreign key (tenant_id, message_id) references email_messages (tenant_id, id) on delete cascade
    )`.execute(db)

  // One row for one recipient of one report; a report read twice is one row.
  await sql`
    create table email_bounces (
      tenant_id uuid not null,
      id uuid not null,
      report_id uuid not null,
      email_id uuid not null,
      email_account_id uuid not null,
      campaign_id uuid,
      lead_id uuid,
      address text not null,
      bounce_type text not null check (bounce_type in ('hard', 'soft', 'delayed', 'complaint', 'other')),
      bounce_class text not null,
      bounce_reason text,
      permanent boolean not null,
      address_dead boolean not null,
      status_code text,
      smtp_code integer,
      diagnostic text,
      remote_mta text,
      evidence jsonb not null default '{}',
      bounced_at timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint email_bounces_report_key unique (tenant_id, report_id, address),
      foreign key (tenant_id, email_id) references emails (tenant_id, id)
    )`.execute(db)
  await sql`create index email_bounces_address_idx on email_bounces (tenant_id, address, bounced_at)`.execute(
    db,
  )

  // What the guardrails read: by mailbox and by recipient domain, a row a day.
  await sql`
    create table delivery_counters (
      tenant_id uuid not null references tenants (id),
      subject_type text not null check (subject_type in ('mailbox', 'recipient_domain')),
      subject text not null,
      day date not null,
      hard integer not null default 0,
      soft integer not null default 0,
      blocked integer not null default 0,
      complaints integer not null default 0,
      primary key (tenant_id, subject_type, subject, day)
    )`.execute(db)

  // Providers that rewrite Message-IDs: replies refer to theirs.
  await sql`
    create index emails_server_message_id_idx on emails using hash (server_message_id)
     where server_message_id is not null`.execute(db)

  // An out-of-office note holds a sequence until its writer is back.
  await sql`alter table campaign_leads add column held_until timestamptz`.execute(db)

  // A report may name its recipient and nothing else; a suppression ends what is still to go to its address.
  await sql`create index emails_to_address_idx on emails using hash (to_address)`.execute(db)
}
