import { type Kysely, sql } from 'kysely'

/** Refusals in our own SMTP sessions beside the reports; what retention looks for. */
export async function up(db: Kysely<never>): Promise<void> {
  // report_id null: refused in our own session, no report. pending: what follows from it has not been done yet.
  await sql`
    alter table email_bounces
      alter column report_id drop not null,
      add column pending boolean not null default false`.execute(db)
  await sql`create index email_bounces_pending_idx on email_bounces (id) where pending`.execute(db)

  await sql`
    create index email_messages_unmatched_age_idx on email_messages (received_at) where email_id is null
  `.execute(db)
  await sql`
    create index email_messages_matched_age_idx on email_messages (received_at) where email_id is not null
  `.execute(db)
  await sql`
    create index email_messages_body_idx on email_messages (tenant_id, body_sha256)
     where body_sha256 is not null`.execute(db)
}
