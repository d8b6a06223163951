import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { Campaign, CampaignKey } from './store.ts'

/** Null lifts a limit; what is undefined stays. */
export interface CampaignLimitChange {
  dailyLimit?: number | null | undefined
  newLeadsPerDay?: number | null | undefined
}

/** Returns the campaign as it is then, locked. */
export async function setCampaignLimits(
  trx: Trx,
  campaign: CampaignKey,
  { dailyLimit, newLeadsPerDay }: CampaignLimitChange,
): Promise<Campaign> {
  return trx
    .updateTable('campaigns')
    .set({
      ...(dailyLimit !== undefined && { daily_limit: dailyLimit }),
      ...(newLeadsPerDay !== undefined && { new_leads_per_day: newLeadsPerDay }),
      updated_at: sql<Date>`now()`,
    })
    .where('tenant_id', '=', campaign.tenant_id)
    .where('id', '=', campaign.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
