import { refreshCampaignPerformance } from '../analytics/campaign-performance-store.ts'
import { done } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import type { Handler } from '../queue/pool.ts'

/** Renews what dashboards read of campaigns. The sums it reads are written by the passes themselves. */
export function analyticsCampaign({ db }: { db: Db }): Handler<'analytics-campaign'> {
  return async () => {
    await refreshCampaignPerformance(db)
    return done()
  }
}
