import { type CampaignLimitChange, setCampaignLimits } from '../campaigns/limits-store.ts'
import type { CampaignKey } from '../campaigns/store.ts'
import type { Trx } from '../db/connect.ts'
import type { MailboxLimits } from '../mailboxes/definition.ts'
import { type Mailbox, setMailboxLimits } from '../mailboxes/store.ts'
import { carryDayOver, rebalanceTenantDay, releaseLimited } from '../sending/limit-change-store.ts'
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

/** A mailbox that moves to another zone takes what it has sent today along. */
export async function changeMailboxLimits(trx: Trx, mailbox: Mailbox, limits: MailboxLimits): Promise<void> {
  if (limits.timezone !== undefined && limits.timezone !== mailbox.timezone)
    await carryDayOver(
      trx,
      { tenantId: mailbox.tenant_id, mailboxId: mailbox.id },
      mailbox.timezone,
      limits.timezone,
    )
  await setMailboxLimits(trx, mailbox, limits)
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
