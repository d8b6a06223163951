import { type Kysely, sql } from 'kysely'

/**
 * A copy of the database, or a dump restored into the same server, has the system and the timeline of what it was made
 * from. The database and the ledger have other object ids.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table fleet_epoch
      add column database_oid bigint not null default 0,
      add column ledger_oid bigint not null default 0`.execute(db)
}
