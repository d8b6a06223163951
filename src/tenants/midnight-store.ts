import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Whether a tenant's day began in these last minutes, in its zone. */
export async function hasMidnightPassed(db: Db, minutes: number): Promise<boolean> {
  const { rows } = await sql<{ passed: boolean }>`
    select exists (
      select from (select distinct timezone from tenants) zones
       where (now() at time zone timezone)::time < time '00:00' + ${minutes} * interval '1 minute') as passed`.execute(
    db,
  )
  return rows[0]?.passed ?? false
}
