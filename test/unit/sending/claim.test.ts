import { expect, test } from 'vitest'
import { type Candidate, type ClaimDecision, decideClaim } from '../../../src/sending/claim.ts'

const now = new Date('2026-05-04T10:00:00Z')
const tomorrow = new Date('2026-05-05T08:00:00Z')

const campaign: NonNullable<Candidate['campaign']> = {
  id: 'c',
  status: 'active',
  timezone: 'UTC',
  seed: 1,
  configuration: {},
  dailyLimit: null,
  newLeadsPerDay: null,
}

const candidate: Candidate = {
  tenantId: 't',
  id: 'e',
  kind: 'campaign',
  mailboxId: 'm',
  lane: 'normal',
  to: 'ada@recipient.test',
  toDomain: 'recipient.test',
  isFollowUp: false,
  recipientProvider: 'example.com',
  providerCooldown: null,
  dueAt: now,
  firstDueAt: now,
  attempt: 0,
  transientFailures: 0,
  messageId: null,
  ref: null,
  content: null,
  stepId: 's',
  variant: null,
  suppressedBy: null,
  enrolmentStatus: 'active',
  enrolmentReason: null,
  campaign,
  lead: null,
  thread: [],
}

type Expected = { kind: ClaimDecision['kind']; code?: string; until?: Date }

const cases: [string, Partial<Candidate>, Expected][] = [
  ['an email of an active enrolment', {}, { kind: 'claim' }],
  ['an email of no campaign', { campaign: null, enrolmentStatus: null, stepId: null }, { kind: 'claim' }],
  ['a suppressed recipient', { suppressedBy: 'hard_bounce' }, { kind: 'skip', code: 'suppressed' }],
  [
    'a suppressed recipient of no campaign',
    { suppressedBy: 'complaint', campaign: null, enrolmentStatus: null },
    { kind: 'skip', code: 'suppressed' },
  ],
  [
    'a suppressed recipient of a paused campaign',
    { suppressedBy: 'complaint', campaign: { ...campaign, status: 'paused' } },
    { kind: 'skip', code: 'suppressed' },
  ],
  [
    'a paused campaign',
    { campaign: { ...campaign, status: 'paused' } },
    { kind: 'hold', code: 'campaign_paused' },
  ],
  [
    'a completed campaign',
    { campaign: { ...campaign, status: 'completed' } },
    { kind: 'skip', code: 'campaign_ended' },
  ],
  [
    'a lead whose sequence was stopped',
    { enrolmentStatus: 'stopped' },
    { kind: 'skip', code: 'enrolment_ended' },
  ],
  ['a lead that is not enrolled', { enrolmentStatus: null }, { kind: 'skip', code: 'enrolment_ended' }],
]

test.each(cases)('%s', (_name, differs, expected) => {
  expect(decideClaim({ ...candidate, ...differs }, now, () => ({ opensAt: now }))).toMatchObject(expected)
})

test('an email outside its window waits for the opening', () => {
  expect(decideClaim(candidate, now, () => ({ opensAt: tomorrow }))).toMatchObject({
    kind: 'defer',
    until: tomorrow,
    code: 'window_closed',
  })
})

test('an email whose window never opens is skipped', () => {
  expect(decideClaim(candidate, now, () => ({ opensAt: undefined }))).toMatchObject({
    kind: 'skip',
    code: 'window_never_opens',
  })
})

test('an email that comes too late is skipped, and one that is not yet too late goes', () => {
  const soon = new Date(now.getTime() + 1)
  expect(decideClaim(candidate, now, () => ({ opensAt: now, staleAt: now }))).toMatchObject({
    kind: 'skip',
    code: 'stale',
  })
  expect(decideClaim(candidate, now, () => ({ opensAt: now, staleAt: soon }))).toEqual({ kind: 'claim' })
})

test('an email whose campaign cannot be read waits, with the reason, and is no exception', () => {
  const unreadable = () => {
    throw new Error('configuration.window is missing')
  }
  const decision = decideClaim(candidate, now, unreadable)
  expect(decision).toMatchObject({ kind: 'defer', code: 'campaign_unreadable' })
  expect(decision).toHaveProperty('reason', expect.stringContaining('configuration.window is missing'))
})
