import { type Kysely, sql } from 'kysely'

/** The health of a mailbox that is in quarantine only because others refused mail to it: what it may send follows from that. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table warmup_accounts add column health_before text check (health_before in ('healthy', 'watch', 'throttled'))`.execute(
    db,
  )
}
