import { sql } from 'kysely'
import { countRange, type Range } from '../core/range.ts'
import type { Trx } from '../db/connect.ts'
import type { Campaign, CampaignKey } from './store.ts'

export const campaignLimitRange: Range = { ...countRange, hint: 'to send nothing, pause the campaign' }

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
