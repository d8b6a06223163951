import { type Kysely, sql } from 'kysely'

/** What a pass and the adding up of a month read by index, however much is stored beside it. */
export async function up(db: Kysely<never>): Promise<void> {
  // The key of the table begins with the campaign, which may be null: no help to who asks for a mailbox's day.
  await sql`
    create index daily_step_analytics_mailbox_idx on daily_step_analytics (tenant_id, mailbox_id, date)`.execute(
    db,
  )
  // Emails of campaigns are found by campaign; sending them must not pay for another index.
  await sql`
    create index emails_single_sent_idx on emails (tenant_id, sent_on)
     where campaign_id is null and status = 'sent' and kind <> 'warmup'`.execute(db)
}
