import { describe, expect, test } from 'vitest'
import { explainEmail } from '../../../src/why/email.ts'
import type { EmailFacts } from '../../../src/why/facts.ts'
import { emailFacts, inMinutes } from './facts.ts'

const firstCause = (facts: EmailFacts) => explainEmail(facts).causes[0]
const codes = (facts: EmailFacts) => explainEmail(facts).causes.map(({ code }) => code)

describe('a due email waits', () => {
  const until = inMinutes(90)
  const paused = {
    id: 'mailbox',
    address: 'robin@acme.test',
    status: 'paused' as const,
    statusReason: '535 no',
    guardPaused: false,
  }
  const host = { name: 'smtp.acme.test:587', openedUntil: until, lastFailure: 'ECONNREFUSED' }
  const block = { code: 'daily_limit', reason: 'the mailbox has reached its 50 emails', until }
  const waiting = { running: false, since: inMinutes(-1) }
  const cases: [string, EmailFacts, { code: string; until: Date | null | undefined }][] = [
    [
      'for its tenant',
      emailFacts({}, { lane: { tenant: { id: 't', name: 'acme', status: 'suspended' } } }),
      { code: 'tenant_suspended', until: null },
    ],
    [
      'for its mailbox, until somebody acts',
      emailFacts({}, { lane: { mailbox: { ...paused, pausedUntil: null } } }),
      { code: 'mailbox_paused', until: null },
    ],
    [
      'for a guardrail to let go of its mailbox',
      emailFacts({}, { lane: { mailbox: { ...paused, pausedUntil: null, guardPaused: true } } }),
      { code: 'mailbox_paused', until: undefined },
    ],
    [
      'for its mailbox, until the pause ends',
      emailFacts({}, { lane: { mailbox: { ...paused, pausedUntil: until } } }),
      { code: 'mailbox_paused', until },
    ],
    ['for the SMTP host', emailFacts({}, { lane: { host } }), { code: 'host_unreachable', until }],
    [
      'for its lane',
      emailFacts({}, { lane: { blockedCode: 'connect_failed', blockedReason: 'x', blockedUntil: until } }),
      { code: 'connect_failed', until },
    ],
    [
      'for a budget',
      emailFacts({}, { lane: { budget: { daily: 50, left: 0, block } } }),
      { code: 'daily_limit', until },
    ],
    [
      'for its campaign',
      emailFacts(
        {},
        { campaign: { name: 'A', status: 'paused', statusReason: 'stop', guardPaused: false, step: 1 } },
      ),
      { code: 'campaign_paused', until: null },
    ],
    [
      "for its recipient's provider",
      emailFacts({}, { cooldown: { provider: 'gmail', until, reason: '421 4.7.28' } }),
      { code: 'provider_cooldown', until },
    ],
    [
      'for its window',
      emailFacts({}, { window: { opensAt: until, staleAt: null } }),
      { code: 'window_closed', until },
    ],
    [
      'for a scheduler',
      emailFacts({}, { lane: { fleet: { schedulerSilentSeconds: 60, recoveryNeeded: false } } }),
      { code: 'no_scheduler', until: null },
    ],
    [
      'for its database to be recovered',
      emailFacts({}, { lane: { fleet: { schedulerSilentSeconds: 1, recoveryNeeded: true } } }),
      { code: 'recovery_needed', until: null },
    ],
    ['for a sending process', emailFacts({}, { lane: { job: waiting } }), { code: 'no_sender', until: null }],
    [
      'for a free slot',
      emailFacts({}, { lane: { job: waiting, runningBeside: 3 } }),
      { code: 'queued', until: undefined },
    ],
    [
      'for its turn',
      emailFacts({}, { lane: { job: { running: true, since: inMinutes(-1) } } }),
      { code: 'in_session', until: undefined },
    ],
    ['for its wake', emailFacts({}, { lane: { wakeAt: until } }), { code: 'woken', until }],
    ['for the sweep', emailFacts(), { code: 'asleep', until: undefined }],
  ]
  test.each(cases)('%s', (_name, facts, cause) => {
    expect(firstCause(facts)).toMatchObject({ code: cause.code })
    expect(firstCause(facts)?.until).toEqual(cause.until)
  })
})

test('what ends it is named before what it waits for', () => {
  const suppression = {
    scope: 'address',
    value: 'ada@example.test',
    reason: 'unsubscribe',
    source: 'unsubscribe',
    since: inMinutes(-60),
    until: null,
    evidence: 'please stop',
  } as const
  const host = { name: 'h', openedUntil: inMinutes(5), lastFailure: null }
  const facts = emailFacts({}, { suppression, lane: { host } })
  expect(codes(facts)).toEqual(['suppressed', 'host_unreachable'])
  expect(explainEmail(facts).details.join()).toContain('please stop')
})

test('what is over before its time comes does not hold it up', () => {
  const host = (minutes: number) => ({ name: 'h', openedUntil: inMinutes(minutes), lastFailure: null })
  expect(codes(emailFacts({ dueAt: inMinutes(60) }, { lane: { host: host(30) } }))).toEqual(['not_due'])
  expect(codes(emailFacts({ dueAt: inMinutes(60) }, { lane: { host: host(90) } }))).toEqual([
    'not_due',
    'host_unreachable',
  ])
})

test('a deferral gives the server its own words', () => {
  const facts = emailFacts({
    dueAt: inMinutes(30),
    attempt: 2,
    code: 'greylisted',
    reason: 'RCPT TO: 450 4.7.1 try later',
    replyCode: 450,
    enhancedStatus: '4.7.1',
    replyText: '4.7.1 try later',
  })
  expect(explainEmail(facts).answer).toBe(
    'It waits until 2026-03-10 12:30:00Z: the recipient is greylisting: a later attempt is let in (450 4.7.1 try later).',
  )
})

test('a failure ends on the word of the server', () => {
  const facts = emailFacts({
    status: 'failed',
    code: 'invalid_recipient',
    replyCode: 550,
    replyText: '5.1.1 no such user',
  })
  expect(explainEmail(facts).answer).toContain('550 5.1.1 no such user')
})

test('an unknown email says when it is looked for, or that it waits for somebody', () => {
  const unknown = { status: 'unknown', code: 'reply_timeout', reason: 'no reply', attempt: 1 } as const
  const looked = emailFacts({ ...unknown, looks: 2, nextLookAt: inMinutes(50) })
  expect(firstCause(looked)).toMatchObject({ code: 'look', until: inMinutes(50) })
  const parked = emailFacts({ ...unknown, parkedCode: 'no_imap', parkedReason: 'nobody can look' })
  expect(firstCause(parked)).toMatchObject({ code: 'no_imap', until: null })
})
