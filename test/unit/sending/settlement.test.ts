import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideSettlement, type RetryPolicy, retryDelaySeconds } from '../../../src/sending/settlement.ts'
import type { SubmissionVerdict } from '../../../src/smtp/outcome.ts'

const policy: RetryPolicy = { baseSeconds: 1800, giveUpSeconds: 4 * 86_400 }
const firstDueAt = new Date('2026-05-04T10:00:00Z')
const hoursLater = (hours: number) => new Date(firstDueAt.getTime() + hours * 3_600_000)

const decide = (
  verdict: SubmissionVerdict,
  { failures = 0, hours = 1, jitter = 0 }: { failures?: number; hours?: number; jitter?: number } = {},
) =>
  decideSettlement(
    { firstDueAt, transientFailures: failures },
    verdict,
    'its words',
    policy,
    hoursLater(hours),
    jitter,
  )

const verdict = (
  kind: SubmissionVerdict['kind'],
  scope: SubmissionVerdict['scope'] = 'message',
  code = 'a_code',
): SubmissionVerdict => ({ kind, scope, code })

describe('a verdict in the ledger', () => {
  test.each([
    ['accepted', 'message', { status: 'sent', giveBack: false, countsAsFailure: false, code: null }],
    ['ambiguous', 'message', { status: 'unknown', giveBack: false, countsAsFailure: false, code: 'a_code' }],
    ['rejected_permanent', 'message', { status: 'failed', giveBack: true, code: 'a_code' }],
    ['rejected_transient', 'message', { status: 'scheduled', giveBack: true, countsAsFailure: true }],
    [
      'rejected_transient',
      'recipient_provider',
      { status: 'scheduled', giveBack: true, countsAsFailure: false, delaySeconds: 1800 },
    ],
    [
      'rejected_transient',
      'mailbox',
      { status: 'scheduled', giveBack: true, countsAsFailure: false, delaySeconds: 0 },
    ],
    [
      'rejected_transient',
      'host',
      { status: 'scheduled', giveBack: true, countsAsFailure: false, delaySeconds: 0 },
    ],
    ['not_sent', 'mailbox', { status: 'scheduled', giveBack: true, countsAsFailure: false, delaySeconds: 0 }],
    ['not_sent', 'host', { status: 'scheduled', giveBack: true, countsAsFailure: false, delaySeconds: 0 }],
    ['not_sent', 'message', { status: 'scheduled', giveBack: true, countsAsFailure: false, delaySeconds: 0 }],
  ] as const)('%s by the %s', (kind, scope, expected) => {
    expect(decide(verdict(kind, scope))).toMatchObject(expected)
  })

  test.each(['rejected_permanent', 'rejected_transient', 'not_sent', 'ambiguous'] as const)(
    '%s keeps the words and a code: no email ends without a reason',
    (kind) => {
      expect(decide(verdict(kind))).toMatchObject({ code: 'a_code', reason: 'its words' })
    },
  )

  test('of a transient refusal is final once the email is four days old, with the last words', () => {
    const young = decide(verdict('rejected_transient'), { hours: 95.9 })
    const old = decide(verdict('rejected_transient'), { hours: 96 })
    expect(young.status).toBe('scheduled')
    expect(old).toMatchObject({ status: 'failed', code: 'expired', giveBack: true })
    expect(old.reason).toContain('96 h')
    expect(old.reason).toContain('its words')
  })

  test('of a refusal by the provider keeps its attempt and is final at the same age', () => {
    const provider = verdict('rejected_transient', 'recipient_provider')
    expect(decide(provider, { hours: 95.9, failures: 2 })).toMatchObject({ countsAsFailure: false })
    expect(decide(provider, { hours: 96 })).toMatchObject({ status: 'failed', code: 'expired' })
  })

  test('of a refusal that is not about the message never ages it out', () => {
    expect(decide(verdict('rejected_transient', 'mailbox'), { hours: 1000 }).status).toBe('scheduled')
    expect(decide(verdict('not_sent', 'host'), { hours: 1000 }).status).toBe('scheduled')
  })
})

describe('the delay of a retry', () => {
  test.each([
    [0, 1800],
    [1, 3600],
    [2, 7200],
    [3, 14_400],
    [9, 14_400],
  ])('after %i earlier failures is %i s', (failures, seconds) => {
    expect(retryDelaySeconds(failures, {}, policy, 0)).toBe(seconds)
  })

  test.each([
    [5, 60],
    [60, 60],
    [300, 300],
  ])('is the hint of the server, %i s, but no less than a minute', (hint, seconds) => {
    expect(retryDelaySeconds(3, { retryAfterSeconds: hint }, policy, 0)).toBe(seconds)
  })

  test('is spread by up to a fifth and never shortened', () => {
    const failures = fc.nat({ max: 30 })
    const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(failures, jitter, (earlier, drawn) => {
        const plain = retryDelaySeconds(earlier, {}, policy, 0)
        const spread = retryDelaySeconds(earlier, {}, policy, drawn)
        expect(spread).toBeGreaterThanOrEqual(plain)
        expect(spread).toBeLessThanOrEqual(plain * 1.2)
      }),
    )
  })
})
