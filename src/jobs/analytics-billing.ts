import { done } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import type { Handler } from '../queue/pool.ts'
import { sumMonths } from './analytics/roll-up.ts'

/** Adds up the months of tenants of which a pass has computed a day, or whose plan has changed. */
export function analyticsBilling({ db }: { db: Db }): Handler<'analytics-billing'> {
  return async () => done(await sumMonths(db))
}
