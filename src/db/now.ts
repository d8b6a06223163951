import { sql } from 'kysely'
import type { Db, Trx } from './connect.ts'

/** The database's time: when work is due is decided by one clock, not by that of each machine. */
export async function readNow(db: Db | Trx): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}
