import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { Budget } from './charge.ts'

/** Makes sure the rows exist. Before any lock, and in key order: inserters of one key wait for each other. */
export async function insertMissingBudgets(
  trx: Trx,
  budgets: readonly { key: string; tenantId: string }[],
): Promise<void> {
  const sorted = [...budgets].sort((a, b) => (a.key < b.key ? -1 : 1))
  await sql`
    insert into send_budgets (key, tenant_id)
    select * from unnest(${sorted.map((budget) => budget.key)}::text[], ${sorted.map((budget) => budget.tenantId)}::uuid[])
    on conflict (key) do nothing`.execute(trx)
}

/**
 * Locks budgets in key order, in a statement of their own: what is decided next reads rows that
 * nobody can change any more. (After a lock wait READ COMMITTED refreshes only the locked row.)
 */
export async function lockBudgets(trx: Trx, keys: readonly string[]): Promise<Map<string, Budget>> {
  const { rows } = await sql<Budget>`
    select key, used, buckets, bucket_at as "bucketAt", ready_at as "readyAt"
      from send_budgets where key = any(${keys}::text[]) order by key for update`.execute(trx)
  return new Map(rows.map((row) => [row.key, row]))
}

export async function setBudgets(trx: Trx, budgets: readonly Budget[]): Promise<void> {
  if (budgets.length === 0) return
  const rows = budgets.map((budget) => ({ ...budget, buckets: `{${budget.buckets.join(',')}}` }))
  await sql`
    update send_budgets b
       set used = i.used, buckets = i.buckets::int[], bucket_at = i."bucketAt", ready_at = i."readyAt",
           updated_at = now()
      from json_to_recordset(${JSON.stringify(rows)}) as i (
        key text, used int, buckets text, "bucketAt" timestamptz, "readyAt" timestamptz)
     where b.key = i.key`.execute(trx)
}
