import { describe, expect, test } from 'vitest'
import { accountForLeads, describeWait } from '../../../src/campaigns/report.ts'
import type { LeadEndCount } from '../../../src/campaigns/report-store.ts'

const counted = (end: LeadEndCount['end'], code: string | null, count: number): LeadEndCount => ({
  end,
  code,
  count,
  nextDueAt: null,
})

describe('the account of the leads', () => {
  test('counts every lead once, and those not yet enrolled as waiting', () => {
    const account = accountForLeads(
      [
        counted('finished', null, 5),
        counted('failed', 'invalid_recipient', 2),
        counted('failed', 'content', 1),
      ],
      4,
      'active',
    )
    expect(account.total).toBe(12)
    expect(account.byEnd).toEqual({ finished: 5, waiting: 4, stopped: 0, failed: 3, skipped: 0, unknown: 0 })
    expect(account.ends.at(-1)).toEqual(counted('waiting', 'enrolment', 4))
  })

  test('says of a draft that its leads wait for the launch', () => {
    expect(accountForLeads([], 3, 'draft').ends).toEqual([counted('waiting', 'launch', 3)])
  })
})

test.each([
  ['next_step', 'their next step to be planned'],
  ['greylisted', 'another try (greylisted)'],
])('a wait for %s is described as "%s"', (code, words) => {
  expect(describeWait(code)).toBe(words)
})
