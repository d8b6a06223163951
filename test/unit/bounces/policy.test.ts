import { describe, expect, test } from 'vitest'
import { type AddressFailure, decideSuppression, suppressionPolicy } from '../../../src/bounces/policy.ts'
import type { Reason } from '../../../src/bounces/verdict.ts'

const address = 'kai@oak.test'
const { policy } = suppressionPolicy({})

const failure = (reason: Reason, day = 0, overrides: Partial<AddressFailure> = {}): AddressFailure => ({
  emailId: `email of day ${day}`,
  reason,
  permanent: true,
  at: new Date(Date.UTC(2026, 0, 1 + day)),
  diagnostic: null,
  proven: true,
  ...overrides,
})

const temporary = { permanent: false }

/** Decides on the last of these, after the earlier ones. */
function decide(failures: AddressFailure[], under = policy) {
  const last = failures.at(-1)
  return last && decideSuppression(address, last, failures.slice(0, -1), under)
}

const gone = { diagnostic: '550 5.1.2 Host or domain name not found (NXDOMAIN)' }

test.each(['gmail.com', 'yahoo.co.uk', 'web.de'])(
  'a server that cannot find %s suppresses no more than the address',
  (domain) => {
    const last = failure('invalid_domain', 0, gone)
    const at = (name: string) => decideSuppression(`kai@${name}`, last, [], policy)
    expect(at(domain)).toMatchObject({ scope: 'address', value: `kai@${domain}` })
    expect(at('oak.test')).toMatchObject({ scope: 'domain', value: 'oak.test' })
  },
)

/** Each: the failures by day, and whether the last one suppresses. */
const cases: [what: string, failures: AddressFailure[], suppresses: boolean][] = [
  ['an unknown user', [failure('invalid_recipient')], true],
  ['an unknown user, said to be temporary', [failure('invalid_recipient', 0, temporary)], false],
  [
    'an unknown user, said twice to be temporary',
    [failure('invalid_recipient', 0, temporary), failure('invalid_recipient', 1, temporary)],
    true,
  ],
  ['somebody who moved', [failure('moved')], true],
  ['an address that the provider suppresses', [failure('suppressed_by_provider')], true],
  ['a mailbox full three times over two weeks', [0, 5, 14].map((day) => failure('mailbox_full', day)), true],
  [
    'a mailbox full three times in thirteen days',
    [0, 5, 13].map((day) => failure('mailbox_full', day)),
    false,
  ],
  ['a mailbox full twice', [0, 20].map((day) => failure('mailbox_full', day)), false],
  ['full temporarily, three times', [0, 9, 20].map((day) => failure('mailbox_full', day, temporary)), true],
  ['inactive twice within a week', [0, 6].map((day) => failure('inactive_mailbox', day)), false],
  ['inactive twice, a week apart', [0, 7].map((day) => failure('inactive_mailbox', day)), true],
  ['filtered twice, a week apart', [0, 8].map((day) => failure('recipient_filtered', day)), true],
  ['filtered, temporarily', [0, 8].map((day) => failure('recipient_filtered', day, temporary)), false],
  [
    'expired five times over a month',
    [0, 8, 16, 24, 30].map((day) => failure('expired', day, temporary)),
    true,
  ],
  ['expired four times', [0, 8, 16, 30].map((day) => failure('expired', day, temporary)), false],
  [
    'refused three times without a reason',
    [0, 0, 1].map((day, n) => failure('unknown', day, { emailId: `${n}` })),
    true,
  ],
  ['a complaint', [failure('complaint', 0, temporary)], true],
  ['an unsubscribe', [failure('unsubscribe', 0, temporary)], true],
]

test.each(cases)('%s', (_what, failures, suppresses) => {
  expect(decide(failures) !== undefined).toBe(suppresses)
})

const ourFault: Reason[] = [
  'rate_limited',
  'greylisted',
  'sender_blocked',
  'sender_dns',
  'sender_rejected',
  'auth_failed',
  'spam_content',
  'virus',
  'policy',
  'too_large',
  'bad_message',
  'protocol',
  'report',
  'delivered',
]

test.each(ourFault)('%s never suppresses, however often it comes', (reason) => {
  const failures = Array.from({ length: 50 }, (_, day) => failure(reason, day * 7))
  expect(decide(failures)).toBeUndefined()
})

test('the same email failing in two reports is one failure; other reasons do not count', () => {
  const twice = failure('inactive_mailbox', 8, { emailId: 'email of day 0' })
  expect(decide([failure('inactive_mailbox', 0), twice])).toBeUndefined()
  expect(decide([failure('mailbox_full', 0), failure('inactive_mailbox', 8)])).toBeUndefined()
})

test('what may pass ends; what is dead, or was asked for, does not', () => {
  const full = decide([0, 7, 14].map((day) => failure('mailbox_full', day)))
  expect(full).toMatchObject({ events: 3, since: new Date(Date.UTC(2026, 0, 1)) })
  expect(full?.expiresAt).toEqual(new Date(Date.UTC(2026, 0, 15 + 180)))
  expect(decide([failure('invalid_recipient')])).toMatchObject({ source: 'bounce', expiresAt: null })
  expect(decide([failure('complaint')])).toMatchObject({ source: 'complaint', expiresAt: null })
})

describe('a domain that is not there', () => {
  const gone = (diagnostic: string, overrides: Partial<AddressFailure> = {}) =>
    decide([failure('invalid_domain', 0, { diagnostic, ...overrides })])

  test.each([
    'smtp; 556 5.1.10 Domain has null MX',
    'Host or domain name not found. Name service error for name=oak.test type=AAAA: Host not found',
    'DNS Error: NXDOMAIN',
    '550 5.1.2 Domain does not exist',
  ])('is suppressed whole: %s', (text) => {
    expect(gone(text)).toMatchObject({ scope: 'domain', value: 'oak.test' })
  })

  test.each([
    ['nothing confirms it', '550 5.1.2 Bad destination system', {}],
    ['the look-up failed', 'Host or domain name not found, try again', {}],
    ['the match is by recipient only', 'NXDOMAIN', { proven: false }],
  ])('is not, when %s', (_when, text, overrides) => {
    expect(gone(text, overrides)).toMatchObject({ scope: 'address', value: address })
  })

  test('is not suppressed at all by one temporary failure', () => {
    expect(gone('NXDOMAIN', temporary)).toBeUndefined()
  })
})

describe('a tenant', () => {
  const under = (suppressionSettings: unknown) =>
    suppressionPolicy({ suppressionPolicy: suppressionSettings })

  test('may count otherwise, switch a reason off, and suppress for longer', () => {
    const own = under({
      expireDays: 10,
      reasons: { mailbox_full: { events: 1 }, invalid_recipient: 'never' },
    })
    expect(own.problem).toBeUndefined()
    expect(decide([failure('mailbox_full')], own.policy)?.expiresAt).toEqual(new Date(Date.UTC(2026, 0, 11)))
    expect(decide([failure('invalid_recipient')], own.policy)).toBeUndefined()
    expect(decide([failure('moved')], own.policy)).toBeDefined()
  })

  test.each([
    ['a count of none', { reasons: { mailbox_full: { events: 0 } } }],
    ['a misspelt reason', { reasons: { mailbox_ful: 'never' } }],
    ['a reason that speaks of the sender', { reasons: { sender_blocked: { events: 1 } } }],
    ['no object', 'strict'],
  ])('that sets %s is told, and keeps the defaults', (_what, settings) => {
    const own = under(settings)
    expect(own.problem).toEqual(expect.any(String))
    expect(own.policy).toEqual(policy)
  })
})
