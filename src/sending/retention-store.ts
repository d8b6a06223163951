import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Days whose takings can no longer be given back or counted: a lease ends long before. */
export async function deleteOldBudgets(db: Db): Promise<number> {
  const { rows } = await sql`
    delete from send_budgets where key like '%/day/%' and updated_at < now() - interval '7 days'
    returning 1`.execute(db)
  return rows.length
}

/** Job logs are kept for 30 days. */
export async function deleteOldJobLogs(db: Db): Promise<number> {
  const { rows } = await sql`
    delete from job_logs where created_at < now() - interval '30 days' returning 1`.execute(db)
  return rows.length
}
