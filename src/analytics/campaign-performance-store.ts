import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Renews campaign_performance_mv; who reads it meanwhile reads what stood there before. */
export async function refreshCampaignPerformance(db: Db): Promise<void> {
  await sql`refresh materialized view concurrently campaign_performance_mv`.execute(db)
}
