import type { SubmissionVerdict } from '../smtp/outcome.ts'

/** What an outcome asks of the sending side beyond its message. */
export type ScopeAction =
  | { kind: 'none' }
  /** `seconds` null: until an operator has mended it. */
  | { kind: 'pause_mailbox'; seconds: number | null }
  | { kind: 'connect_failed' }
  /** `seconds` is the provider's own hint, if it gave one. */
  | { kind: 'cool_provider'; seconds: number | undefined }

/** Login and identity are a person's to mend; limits pass by themselves. */
const needsOperator = new Set([
  'auth_failed',
  'auth_required',
  'insecure_refused',
  'sender_rejected',
  'sender_blocked',
  'tls_required',
  'relay_denied',
])

const defaultPauseSeconds = 15 * 60
/** A provider is asked again sooner than a refused message goes out again: others may be welcome. */
const cooldownShareOfRetry = 1 / 6
const longestCooldownSeconds = 4 * 3600

export function scopeAction(verdict: SubmissionVerdict): ScopeAction {
  if (verdict.kind === 'accepted' || verdict.kind === 'ambiguous') return { kind: 'none' }
  if (verdict.scope === 'host') return { kind: 'connect_failed' }
  if (verdict.scope === 'recipient_provider')
    return { kind: 'cool_provider', seconds: verdict.retryAfterSeconds }
  if (verdict.scope !== 'mailbox') return { kind: 'none' }
  const seconds = needsOperator.has(verdict.code) ? null : (verdict.retryAfterSeconds ?? defaultPauseSeconds)
  return { kind: 'pause_mailbox', seconds }
}

/** What a settlement brings with it beyond its email, in its own transaction: no claim after it may overlook it. */
export type Consequence =
  | { kind: 'pause_mailbox'; mailboxId: string; seconds: number | null; code: string; reason: string }
  | ({ kind: 'cool_provider' } & Omit<ProviderRefusal, 'tenantId'>)

export interface ProviderRefusal {
  tenantId: string
  provider: string
  /** Of the first cool-down; each that follows without an accepted email between lasts twice as long. */
  baseSeconds: number
  mostSeconds: number
  /** The provider's own word for how long. */
  hintSeconds?: number | undefined
  /** In [0, 1): spreads the end by up to a fifth. */
  jitter: number
  code: string
  reason: string
}

/** `retrySeconds` is how long a message waits after its first refusal. */
export function consequenceOf(
  { mailboxId, recipientProvider }: { mailboxId: string; recipientProvider: string },
  verdict: SubmissionVerdict,
  reason: string,
  retrySeconds: number,
  jitter: number,
): Consequence | undefined {
  const action = scopeAction(verdict)
  const { code } = verdict
  if (action.kind === 'pause_mailbox') return { ...action, mailboxId, code, reason }
  if (action.kind !== 'cool_provider') return undefined
  return {
    kind: 'cool_provider',
    provider: recipientProvider,
    baseSeconds: retrySeconds * cooldownShareOfRetry,
    mostSeconds: longestCooldownSeconds,
    hintSeconds: action.seconds,
    jitter,
    code,
    reason,
  }
}
