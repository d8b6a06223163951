import { type Kysely, sql } from 'kysely'

/** A pass reads the days that it computes again from this index alone, wherever vacuum has been: they are of other pages each. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`drop index email_events_sent_on_idx`.execute(db)
  await sql`
    create index email_events_sent_on_idx on email_events (tenant_id, email_account_id, sent_on, campaign_id)
      include (step_id, variant, email_id, type, machine) where sent_on is not null`.execute(db)
}
