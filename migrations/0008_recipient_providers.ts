import { type Kysely, sql } from 'kysely'

/** Who takes a recipient's mail, how long a tenant leaves that provider alone, and why a mailbox is paused, as a code. */
export async function up(db: Kysely<never>): Promise<void> {
  // Facts about the world, the same for all tenants.
  await sql`
    create table recipient_domains (
      domain text primary key,
      provider text not null,
      mx_host text,
      looked_up_at timestamptz not null default now(),
      refresh_at timestamptz not null
    )`.execute(db)
  await sql`create index recipient_domains_refresh_idx on recipient_domains (refresh_at)`.execute(db)
  // Which domains wait: read by jumping from one to the next, whatever the number of emails to each.
  await sql`create index emails_waiting_domain_idx on emails (to_domain) where status = 'scheduled'`.execute(
    db,
  )

  await sql`
    create table recipient_cooldowns (
      tenant_id uuid not null references tenants (id),
      provider text not null,
      until_at timestamptz not null,
      failures int not null default 1,
      code text not null,
      reason text not null,
      updated_at timestamptz not null default now(),
      primary key (tenant_id, provider)
    )`.execute(db)

  await sql`alter table email_accounts add column paused_code text`.execute(db)
}
