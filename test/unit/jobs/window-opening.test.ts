import { expect, test } from 'vitest'
import { createWindowOpening } from '../../../src/jobs/sending/window-opening.ts'
import type { Candidate } from '../../../src/sending/claim.ts'

const friday = new Date('2026-03-27T15:00:00Z')

function candidate(staleAfter: object | undefined): Candidate {
  return {
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
    dueAt: friday,
    firstDueAt: friday,
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
    campaign: {
      id: 'c',
      status: 'active',
      timezone: 'Europe/Berlin',
      seed: 1,
      configuration: { window: { mon: ['09:00-17:00'], fri: ['09:00-17:00'] }, holidays: [], staleAfter },
      dailyLimit: null,
      newLeadsPerDay: null,
    },
    lead: null,
    thread: [],
  }
}

test('staleness counts civil days from the first due time, across a change of the clocks', () => {
  const timeOf = createWindowOpening()
  expect(timeOf(candidate({ days: 3 }), friday).staleAt).toEqual(new Date('2026-03-30T14:00:00Z'))
})

test('a campaign that sets no limit never goes stale, and a change of the campaign is seen at once', () => {
  const timeOf = createWindowOpening()
  expect(timeOf(candidate(undefined), friday)).toEqual({ opensAt: friday })
  expect(timeOf(candidate({ hours: 1 }), friday).staleAt).toEqual(new Date('2026-03-27T16:00:00Z'))
})
