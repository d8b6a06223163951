import { type Kysely, sql } from 'kysely'

/** What a tenant's plan allows, and how long its events are kept. */
export async function up(db: Kysely<never>): Promise<void> {
  // The plan's limits are reported against, never enforced: those that hold are daily_limit and its kin.
  await sql`
    alter table tenants
      add column plan_emails integer check (plan_emails > 0),
      add column plan_mailboxes integer check (plan_mailboxes > 0),
      add column plan_contacts integer check (plan_contacts > 0),
      add column event_days integer check (event_days between 7 and 3650)`.execute(db)
}
