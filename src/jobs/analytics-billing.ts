import { recomputeBilling } from '../analytics/billing-store.ts'
import { done } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import type { Handler } from '../queue/pool.ts'

/** Adds up the months of tenants of which a pass has changed a day. */
export function analyticsBilling({ db }: { db: Db }): Handler<'analytics-billing'> {
  return async () => done(await recomputeBilling(db))
}
