import { type Kysely, sql } from 'kysely'

/** What the planner of warmup counts on a day. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create index warmup_exchanges_day_idx on warmup_exchanges (plan_date, email_account_id)
     where side = 'receiver' and depth = 1`.execute(db)
}
