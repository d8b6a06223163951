import { type Kysely, sql } from 'kysely'

// What is told of an email by others; it may be told before the email is known to be sent.
const answers = sql.raw(
  "('bounced', 'opened', 'clicked', 'replied', 'auto_replied', 'unsubscribed', 'complained')",
)

/** What a pass needs to compute days exactly, at the cost of what is new. */
export async function up(db: Kysely<never>): Promise<void> {
  // Delivered is counted by email, so that steps, days and campaigns add up.
  for (const table of ['daily_step_analytics', 'daily_analytics'])
    await sql`
      alter table ${sql.table(table)} alter column emails_delivered drop expression,
        alter column emails_delivered set default 0`.execute(db)
  // Figures that were computed by another method are computed anew by the first pass.
  await sql`alter table analytics_watermark add column method smallint not null default 1`.execute(db)
  // What was written of a mailbox on a day, however much others wrote.
  for (const eventClass of ['delivery', 'engagement'])
    await sql`
      create index ${sql.id(`email_events_${eventClass}_recorded_idx`)}
        on ${sql.id(`email_events_${eventClass}`)} (tenant_id, email_account_id, recorded_at)`.execute(db)
  // Few, and none that a settlement writes.
  for (const column of ['email_id', 'email_account_id'])
    await sql`
      create index ${sql.id(`email_events_undated_${column}_idx`)} on email_events (tenant_id, ${sql.id(column)})
       where sent_on is null and type in ${answers}`.execute(db)
}
