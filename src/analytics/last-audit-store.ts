import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'

/** How the last audit of all days ended. */
export interface LastAudit {
  at: Date
  /** Rows that were found to differ. */
  differences: number
}

export async function setLastAudit(trx: Trx, differences: number): Promise<void> {
  await trx
    .insertInto('analytics_audits')
    .values({ differences })
    .onConflict((conflict) =>
      conflict.column('singleton').doUpdateSet({ differences, audited_at: sql<Date>`now()` }),
    )
    .execute()
}

/** Undefined before the first. */
export function findLastAudit(db: Db): Promise<LastAudit | undefined> {
  return db.selectFrom('analytics_audits').select(['audited_at as at', 'differences']).executeTakeFirst()
}
