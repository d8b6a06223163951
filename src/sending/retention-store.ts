import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

// Days whose takings can no longer be given back or counted: a lease ends long before.
const oldBudgets = sql`send_budgets where key like '%/day/%' and updated_at < now() - interval '7 days'`

export const deleteOldBudgets = (db: Db): Promise<number> => deleteRows(db, oldBudgets)
export const countOldBudgets = (db: Db): Promise<number> => countRows(db, oldBudgets)

const oldJobLogs = sql`job_logs where created_at < now() - interval '30 days'`

export const deleteOldJobLogs = (db: Db): Promise<number> => deleteRows(db, oldJobLogs)
export const countOldJobLogs = (db: Db): Promise<number> => countRows(db, oldJobLogs)

async function deleteRows(db: Db, rows: ReturnType<typeof sql>): Promise<number> {
  return Number((await sql`delete from ${rows}`.execute(db)).numAffectedRows ?? 0)
}

async function countRows(db: Db, from: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${from}`.execute(db)
  return rows[0]?.count ?? 0
}
