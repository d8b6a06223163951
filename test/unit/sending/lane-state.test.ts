import { expect, test } from 'vitest'
import { type LaneState, laneBlock } from '../../../src/sending/lane-state.ts'

const now = new Date('2026-05-04T10:00:00Z')
const before = new Date(now.getTime() - 1)
const after = new Date(now.getTime() + 1)

const open: LaneState = {
  tenantId: 't',
  mailboxId: 'm',
  lane: 'normal',
  tenantStatus: 'active',
  status: 'active',
  statusReason: null,
  pausedUntil: null,
  blockedUntil: null,
  blockedCode: null,
  hostOpenedUntil: null,
  warmupStatus: 'none',
  emailAddress: 'robin@sender.test',
  limits: {
    mailboxId: 'm',
    timezone: 'UTC',
    dailyLimit: 10,
    rollingLimit: null,
    minGapSeconds: 0,
    gapJitter: 0,
  },
  tenant: {
    timezone: 'UTC',
    dailyLimit: null,
    domainPerMinute: null,
    providerPerMinute: null,
    hasLimitedCampaigns: false,
  },
}

const cases: [string, Partial<LaneState>, { code: string; until: Date | null } | undefined][] = [
  ['an active mailbox', {}, undefined],
  ['a suspended tenant', { tenantStatus: 'suspended' }, { code: 'tenant_suspended', until: null }],
  ['a mailbox paused by hand', { status: 'paused' }, { code: 'mailbox_paused', until: null }],
  [
    'a mailbox paused for a while',
    { status: 'paused', pausedUntil: after },
    { code: 'mailbox_paused', until: after },
  ],
  ['a mailbox whose pause is over', { status: 'paused', pausedUntil: now }, undefined],
  ['a host whose breaker is open', { hostOpenedUntil: after }, { code: 'host_unreachable', until: after }],
  ['a host whose breaker was open', { hostOpenedUntil: before }, undefined],
  [
    'a lane that cools down after a connection failed',
    { blockedCode: 'connect_failed', blockedUntil: after },
    { code: 'connect_failed', until: after },
  ],
  ['a lane that has cooled down', { blockedCode: 'connect_failed', blockedUntil: before }, undefined],
  // Budgets are decided anew at every claim: a stored refusal must not outlive a raised cap.
  ['a lane that a budget refused', { blockedCode: 'daily_limit', blockedUntil: after }, undefined],
]

test.each(cases)('%s', (_name, state, expected) => {
  const block = laneBlock({ ...open, ...state }, now)
  expect(block && { code: block.code, until: block.until }).toEqual(expected)
})

test('the block of a paused mailbox says why it was paused', () => {
  const state: LaneState = { ...open, status: 'paused', statusReason: '535 5.7.8 bad password' }
  expect(laneBlock(state, now)?.reason).toContain('535 5.7.8 bad password')
})
