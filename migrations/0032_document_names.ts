import { type Kysely, sql } from 'kysely'

/** What the documents call the mailbox. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table warmup_daily_stats add column mailbox_id uuid generated always as (email_account_id) stored
  `.execute(db)
}
