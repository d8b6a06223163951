import { type Kysely, sql } from 'kysely'

/** What happened: append-only events, by class (each with a retention of its own) and then by month. */
export async function up(db: Kysely<never>): Promise<void> {
  // recorded_at is the database's clock and decides the partition; occurred_at is what the event says.
  await sql`
    create table email_events (
      class text not null check (class in ('delivery', 'engagement', 'warmup')),
      recorded_at timestamptz not null default now(),
      id uuid not null,
      tenant_id uuid not null,
      type text not null check (type in (
        'sent', 'deferred', 'failed', 'skipped', 'unknown', 'bounced', 'opened', 'clicked', 'replied',
        'auto_replied', 'unsubscribed', 'complained', 'warmup_sent', 'warmup_opened', 'warmup_replied')),
      occurred_at timestamptz not null,
      email_id uuid not null,
      attempt integer not null,
      campaign_id uuid,
      step_id uuid,
      lead_id uuid,
      email_account_id uuid not null,
      sent_on date,
      machine boolean not null default false,
      data jsonb not null default '{}',
      xid xid8 not null default pg_current_xact_id(),
      primary key (class, recorded_at, id)
    ) partition by list (class)`.execute(db)

  for (const eventClass of ['delivery', 'engagement', 'warmup']) {
    const parent = sql.id(`email_events_${eventClass}`)
    await sql`
      create table ${parent} partition of email_events
        for values in (${sql.lit(eventClass)}) partition by range (recorded_at)`.execute(db)
    // A missing month must never fail the settle that records a send.
    await sql`
      create table ${sql.id(`email_events_${eventClass}_default`)} partition of ${parent} default`.execute(db)
  }
  await sql`create index email_events_email_idx on email_events (tenant_id, email_id)`.execute(db)
  await sql`create index email_events_xid_idx on email_events (xid)`.execute(db)
  await sql`create index email_events_recorded_at_idx on email_events using brin (recorded_at)`.execute(db)
}
