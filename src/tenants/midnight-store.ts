import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Whether a day began in these last minutes, in the zone of a tenant or of a mailbox: emails are counted by the latter. */
export async function hasMidnightPassed(db: Db, minutes: number): Promise<boolean> {
  const { rows } = await sql<{ passed: boolean }>`
    select exists (
      select from (select timezone from tenants union select timezone from email_accounts) zones
       where (now() at time zone timezone)::time < time '00:00' + ${minutes} * interval '1 minute') as passed`.execute(
    db,
  )
  return rows[0]?.passed ?? false
}
