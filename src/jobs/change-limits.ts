import { type CampaignLimitChange, setCampaignLimits } from '../campaigns/limits-store.ts'
import type { CampaignKey } from '../campaigns/store.ts'
import type { Trx } from '../db/connect.ts'
import { rebalanceTenantDay, releaseLimited } from '../sending/limit-change-store.ts'
import type { TenantLimitChange } from '../tenants/limits.ts'
import { setTenantLimits } from '../tenants/store.ts'
import { replanFirstEmails } from './replan-first-emails.ts'

/** Holds from the commit on, for what is claimed then; what the old limits had put off is looked at again. */
export async function changeTenantLimits(
  trx: Trx,
  tenantId: string,
  change: TenantLimitChange,
): Promise<void> {
  await setTenantLimits(trx, tenantId, change)
  if (change.dailyLimit) await rebalanceTenantDay(trx, tenantId, change.dailyLimit)
  await releaseLimited(trx, { tenantId })
}

export async function changeCampaignLimits(
  trx: Trx,
  campaign: CampaignKey,
  change: CampaignLimitChange,
): Promise<void> {
  const changed = await setCampaignLimits(trx, campaign, change)
  await replanFirstEmails(trx, changed)
  await releaseLimited(trx, { tenantId: campaign.tenant_id, campaignId: campaign.id })
}
