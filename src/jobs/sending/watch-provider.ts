import type { ClaimedEmail } from '../../sending/claim-emails.ts'
import { clearProviderRefusals } from '../../sending/recipient-store.ts'
import { scopeAction } from '../../sending/scope.ts'
import type { SubmissionResult } from '../../smtp/submit.ts'
import type { SendingRoom } from './room.ts'

/**
 * What an outcome says of the recipient's provider: the cool-down that a refusal opens stands since its settlement, an
 * accepted email ends what was counted. That costs a statement only if its claim saw a cool-down.
 */
export async function watchProvider(
  { db, log }: Pick<SendingRoom, 'db' | 'log'>,
  { tenantId, recipientProvider: provider, providerCooldown }: ClaimedEmail,
  { verdict }: SubmissionResult,
): Promise<void> {
  if (verdict.kind === 'accepted' && providerCooldown) await clearProviderRefusals(db, { tenantId, provider })
  if (scopeAction(verdict).kind === 'cool_provider')
    log.warn({ tenantId, provider, code: verdict.code }, 'provider.cooled_down')
}
