import { type Kysely, sql } from 'kysely'

/** Looking for emails of unknown outcome in their mailboxes, and what operators decided. */
export async function up(db: Kysely<never>): Promise<void> {
  // Who makes an email unknown need not know of looks: they are about an attempt, and begin when look_attempt is another.
  // unknown_at: since when that attempt is in doubt. Unknown with neither a next look nor parked: not taken up yet.
  await sql`
    alter table emails
      add column unknown_at timestamptz,
      add column look_attempt integer,
      add column looks smallint not null default 0,
      add column next_look_at timestamptz,
      add column parked_code text,
      add column parked_reason text,
      add constraint emails_parked_with_reason_check check ((parked_code is null) = (parked_reason is null))
  `.execute(db)
  await sql`
    create index emails_look_new_idx on emails (tenant_id, id)
     where status = 'unknown' and look_attempt is distinct from attempt`.execute(db)
  await sql`
    create index emails_look_due_idx on emails (next_look_at, email_account_id)
     where status = 'unknown' and next_look_at is not null`.execute(db)

  // One row for one look for one email: where, what was there, and what followed.
  await sql`
    create table email_looks (
      tenant_id uuid not null,
      id uuid not null,
      email_id uuid not null,
      attempt integer not null,
      look smallint not null,
      looked_at timestamptz not null default now(),
      folders text[] not null default '{}',
      result text not null check (result in ('found', 'absent', 'failed', 'none')),
      -- Whether the same look, in the same folder, found another message known sent within an hour of this one.
      controlled boolean not null default false,
      followed_by text not null check (followed_by in ('sent', 'look', 'parked', 'scheduled')),
      reason text not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, email_id) references emails (tenant_id, id) on delete cascade
    )`.execute(db)
  await sql`create index email_looks_email_idx on email_looks (tenant_id, email_id, looked_at)`.execute(db)

  await sql`
    create table audit_log (
      id uuid primary key,
      tenant_id uuid references tenants (id),
      at timestamptz not null default now(),
      actor text not null,
      action text not null,
      entity_type text not null,
      entity_id text not null,
      details jsonb not null default '{}'
    )`.execute(db)
  await sql`create index audit_log_entity_idx on audit_log (entity_type, entity_id, at)`.execute(db)
  await sql`create index audit_log_tenant_idx on audit_log (tenant_id, at)`.execute(db)
}
