import type { ClaimedEmail } from '../../sending/claim-emails.ts'
import { clearProviderRefusals, recordProviderRefusal } from '../../sending/recipient-store.ts'
import { scopeAction } from '../../sending/scope.ts'
import type { SubmissionResult } from '../../smtp/submit.ts'
import type { SendingRoom } from './room.ts'

/** A provider is asked again sooner than a refused message goes out again: others may be welcome. */
const shareOfRetryBase = 1 / 6
const mostSeconds = 4 * 3600

/**
 * What an outcome says of the recipient's provider: a refusal opens its cool-down, an accepted email ends what was
 * counted. An accepted email costs a statement only if its claim saw a cool-down.
 */
export async function watchProvider(
  { db, log, retry, random }: Pick<SendingRoom, 'db' | 'log' | 'retry' | 'random'>,
  { tenantId, recipientProvider: provider, providerCooldown }: ClaimedEmail,
  { verdict, detail }: SubmissionResult,
): Promise<void> {
  if (verdict.kind === 'accepted' && providerCooldown) {
    await clearProviderRefusals(db, { tenantId, provider })
    return
  }
  const action = scopeAction(verdict)
  if (action.kind !== 'cool_provider') return
  const until = await recordProviderRefusal(db, {
    tenantId,
    provider,
    baseSeconds: retry.baseSeconds * shareOfRetryBase,
    mostSeconds,
    hintSeconds: action.seconds,
    jitter: random(),
    code: verdict.code,
    reason: detail,
  })
  log.warn({ tenantId, provider, code: verdict.code, until }, 'provider.cooled_down')
}
