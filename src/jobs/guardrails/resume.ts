import { type CampaignKey, setCampaignResumed } from '../../campaigns/store.ts'
import type { Trx } from '../../db/connect.ts'
import { setNotificationResolved } from '../../guardrails/notification-store.ts'
import { type MailboxKey, setMailboxActive } from '../../mailboxes/store.ts'
import { forgetPauses } from '../../sending/pause-store.ts'

/** Of the notification about what a guardrail has paused. */
export const guardKey = ({ type, id }: { type: 'mailbox' | 'campaign'; id: string }): string =>
  `guardrail/${type}/${id}`

/** The mailbox sends again; what was paused about it is over, on the word of `by`. */
export async function resumeMailbox(
  trx: Trx,
  mailbox: MailboxKey & { paused_at: Date | null },
  by: string,
): Promise<void> {
  const { tenant_id: tenantId, id, paused_at: pausedAt } = mailbox
  await setMailboxActive(trx, mailbox)
  await forgetPauses(trx, [{ tenantId, mailboxId: id, pausedAt }])
  await setNotificationResolved(trx, guardKey({ type: 'mailbox', id }), by)
}

/** As `resumeMailbox`; false when the campaign is not paused. */
export async function resumeCampaign(trx: Trx, campaign: CampaignKey, by: string): Promise<boolean> {
  if (!(await setCampaignResumed(trx, campaign))) return false
  await setNotificationResolved(trx, guardKey({ type: 'campaign', id: campaign.id }), by)
  return true
}
