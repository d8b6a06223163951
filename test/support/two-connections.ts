import { sql } from 'kysely'
import type { Db, Trx } from '../../src/db/connect.ts'
import { eventually } from './eventually.ts'

/** A transaction on a connection of its own, stepped by hand. */
export interface OpenTransaction {
  trx: Trx
  /** Its server process. */
  pid: number
  commit(): Promise<void>
  rollback(): Promise<void>
}

export async function openTransaction(db: Db): Promise<OpenTransaction> {
  const trx = await db.startTransaction().execute()
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
  return {
    trx,
    pid: rows[0]?.pid ?? 0,
    commit: () => trx.commit().execute(),
    rollback: () => trx.rollback().execute(),
  }
}

/** Resolves once the transaction waits for a lock that another one holds. */
export async function untilBlocked(db: Db, { pid }: Pick<OpenTransaction, 'pid'>): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql<{ blocked: boolean }>`
      select cardinality(pg_blocking_pids(${pid}::int)) > 0 as blocked`.execute(db)
    return rows[0]?.blocked ?? false
  })
}

/** Cuts a connection as a crash of its client or a failover would, from another one. */
export async function killConnection(db: Db, { pid }: Pick<OpenTransaction, 'pid'>): Promise<void> {
  await sql`select pg_terminate_backend(${pid}::int)`.execute(db)
  await eventually(async () => {
    const { rows } = await sql`select 1 from pg_stat_activity where pid = ${pid}::int`.execute(db)
    return rows.length === 0
  })
}
