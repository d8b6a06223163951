import { type Kysely, sql } from 'kysely'

/** Mailboxes and campaigns that pause by themselves, and what operators are told of it. */
export async function up(db: Kysely<never>): Promise<void> {
  // guard_paused_at: paused by a guardrail, since when. guarded_from: what was sent before does not count any more.
  for (const table of ['email_accounts', 'campaigns']) {
    await sql`
      alter table ${sql.id(table)}
        add column guard_paused_at timestamptz,
        add column guarded_from timestamptz`.execute(db)
  }
  await sql`
    create index email_bounces_guard_idx on email_bounces (bounced_at)
     where bounce_type in ('hard', 'complaint')`.execute(db)
  await sql`create index emails_sent_idx on emails (email_account_id, sent_at) where sent_at is not null`.execute(
    db,
  )

  // key: what it is about. At most one with a key is open: seen again, it is the same one.
  await sql`
    create table system_notifications (
      id uuid primary key,
      created_at timestamptz not null default now(),
      category text not null,
      title text not null,
      message text not null,
      severity text not null default 'info' check (severity in ('info', 'warning', 'critical')),
      is_resolved boolean not null default false,
      resolved_at timestamptz,
      resolved_by text,
      tenant_id uuid references tenants (id),
      user_id uuid,
      key text not null,
      entity_type text,
      entity_id uuid,
      details jsonb not null default '{}',
      last_seen_at timestamptz not null default now(),
      constraint system_notifications_resolved_check
        check (is_resolved = (resolved_at is not null) and is_resolved = (resolved_by is not null))
    )`.execute(db)
  await sql`
    create unique index system_notifications_open_key on system_notifications (key) where not is_resolved
  `.execute(db)
  await sql`create index system_notifications_tenant_idx on system_notifications (tenant_id, created_at)`.execute(
    db,
  )
}
