import { type Kysely, sql } from 'kysely'

/** What a tenant may read of campaign_performance_mv: its own. */
export async function up(db: Kysely<never>): Promise<void> {
  // A materialized view knows no row-level security, so it is never granted. This one reads it with its owner's rights and
  // lets nothing of others through, whatever a query makes of it.
  await sql`
    create view campaign_performance with (security_barrier = true) as
      select * from campaign_performance_mv
       where tenant_id = nullif(current_setting('app.current_tenant_id', true), '')::uuid`.execute(db)
  await sql`create index campaign_performance_mv_status_idx on campaign_performance_mv (status)`.execute(db)
}
