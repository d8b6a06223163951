import { expect, test } from 'vitest'
import { scopeAction } from '../../../src/sending/scope.ts'
import type { SubmissionVerdict } from '../../../src/smtp/outcome.ts'

type Case = [SubmissionVerdict, ReturnType<typeof scopeAction>]

const cases: Case[] = [
  [{ kind: 'accepted', scope: 'message', code: 'accepted' }, { kind: 'none' }],
  [{ kind: 'ambiguous', scope: 'message', code: 'reply_timeout' }, { kind: 'none' }],
  [{ kind: 'rejected_permanent', scope: 'message', code: 'recipient_rejected' }, { kind: 'none' }],
  [
    { kind: 'rejected_transient', scope: 'recipient_provider', code: 'provider_deferred' },
    { kind: 'cool_provider', seconds: undefined },
  ],
  [
    {
      kind: 'rejected_transient',
      scope: 'recipient_provider',
      code: 'provider_deferred',
      retryAfterSeconds: 300,
    },
    { kind: 'cool_provider', seconds: 300 },
  ],
  [{ kind: 'not_sent', scope: 'host', code: 'connect_failed' }, { kind: 'connect_failed' }],
  [
    { kind: 'not_sent', scope: 'mailbox', code: 'auth_failed', retryAfterSeconds: 60 },
    { kind: 'pause_mailbox', seconds: null },
  ],
  [
    { kind: 'rejected_transient', scope: 'mailbox', code: 'sender_rejected' },
    { kind: 'pause_mailbox', seconds: null },
  ],
  [
    { kind: 'not_sent', scope: 'mailbox', code: 'auth_deferred' },
    { kind: 'pause_mailbox', seconds: 900 },
  ],
  [
    {
      kind: 'rejected_transient',
      scope: 'mailbox',
      code: 'mailbox_daily_limit',
      retryAfterSeconds: 86_400,
    },
    { kind: 'pause_mailbox', seconds: 86_400 },
  ],
]

test.each(cases)('%o asks for %o', (verdict, action) => {
  expect(scopeAction(verdict)).toEqual(action)
})
