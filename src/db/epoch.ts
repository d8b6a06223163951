import { sql } from 'kysely'
import type { Db, Trx } from './connect.ts'

// Which database this is: one that was promoted, restored or copied is another one.
// The WAL's name says the timeline at once; the control file only after the next checkpoint.
const here = sql`
  select (select system_identifier from pg_control_system()) as system_identifier,
         ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer as timeline,
         (select oid::bigint from pg_database where datname = current_database()) as database_oid,
         'emails'::regclass::oid::bigint as ledger_oid`

/** A condition: the database is the one that was noted. */
export const isNotedEpoch = sql<boolean>`exists (
  select 1 from fleet_epoch f, (${here}) h
   where (f.system_identifier, f.timeline, f.database_oid, f.ledger_oid)
       = (h.system_identifier, h.timeline, h.database_oid, h.ledger_oid))`

/** Whether claims are allowed here; false after a promotion, a restore or a copy, until `setEpoch`. */
export async function isSameEpoch(db: Db | Trx): Promise<boolean> {
  const { rows } = await sql<{ same: boolean }>`select ${isNotedEpoch} as same`.execute(db)
  return rows[0]?.same ?? false
}

/** Notes the database when none has been noted: a new installation. */
export async function noteEpoch(db: Db | Trx): Promise<void> {
  await sql`
    insert into fleet_epoch (system_identifier, timeline, database_oid, ledger_oid) ${here}
    on conflict (singleton) do nothing`.execute(db)
}

/** From here on this database is the right one. */
export async function setEpoch(db: Db | Trx): Promise<void> {
  await sql`
    insert into fleet_epoch (system_identifier, timeline, database_oid, ledger_oid) ${here}
    on conflict (singleton) do update
       set system_identifier = excluded.system_identifier, timeline = excluded.timeline,
           database_oid = excluded.database_oid, ledger_oid = excluded.ledger_oid, noted_at = now()`.execute(
    db,
  )
}

/** Nothing is claimed from the commit on, until `setEpoch`. */
export async function voidEpoch(db: Db | Trx): Promise<void> {
  await sql`update fleet_epoch set timeline = 0, noted_at = now()`.execute(db)
}
