import { type Kysely, sql } from 'kysely'

/** The transaction that wrote the watermark: while it is that of the row itself, these are the files it was written in. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table analytics_watermark add column xid xid8`.execute(db)
  // Not that of another system, which came with a dump.
  await sql`
    update analytics_watermark w set xid = pg_current_xact_id()
      from pg_control_system() s where s.system_identifier = w.system_identifier`.execute(db)
}
