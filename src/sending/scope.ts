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

export function scopeAction(verdict: SubmissionVerdict): ScopeAction {
  if (verdict.kind === 'accepted' || verdict.kind === 'ambiguous') return { kind: 'none' }
  if (verdict.scope === 'host') return { kind: 'connect_failed' }
  if (verdict.scope === 'recipient_provider')
    return { kind: 'cool_provider', seconds: verdict.retryAfterSeconds }
  if (verdict.scope !== 'mailbox') return { kind: 'none' }
  const seconds = needsOperator.has(verdict.code) ? null : (verdict.retryAfterSeconds ?? defaultPauseSeconds)
  return { kind: 'pause_mailbox', seconds }
}
