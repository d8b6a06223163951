import { expect, test } from 'vitest'
import type { NamedDifference } from '../../../src/analytics/name-store.ts'
import { describeDifferences } from '../../../src/cli/differences-text.ts'

const day: NamedDifference = {
  ...{ what: 'daily_step_analytics', comparedWith: 'events', date: '2026-03-02', emailId: null },
  ...{ tenantId: 't', campaignId: 'c', mailboxId: 'm', stepId: 's', variant: 'B' },
  ...{ tenant: 'acme', campaign: 'Autumn', mailbox: 'robin@acme.example' },
  step: { position: 2, name: 'follow-up' },
  stored: { emails_sent: 12_345, emails_opened: 7 },
  computed: { emails_sent: 12_345, emails_opened: 12_001 },
}
const uncounted: NamedDifference = {
  ...{ ...day, what: 'daily_analytics', comparedWith: 'ledger', stepId: null, variant: null, step: null },
  ...{ stored: { emails_sent: 0 }, computed: { emails_sent: 1 } },
}
const fact: NamedDifference = {
  ...{
    ...uncounted,
    what: 'emails',
    comparedWith: 'events',
    emailId: '0198c5e2-7a52-7d3c-8f00-0123456789ab',
  },
  ...{ stored: { opened_at: null }, computed: { opened_at: '2026-03-02T11:00:00.123456+00:00' } },
}

test('a line names the step and the variant, and what it was compared with', () => {
  const [head, first, second] = describeDifferences([day, uncounted], { most: 100 }).split('\n')
  expect(head?.split(/ {2,}/)).toEqual(
    'table,compared with,day,tenant,campaign,step,variant,mailbox,email,figure,stored,computed'.split(','),
  )
  expect(first?.split(/ {2,}/)).toEqual(
    'daily_step_analytics,events,2026-03-02,acme,Autumn,2 follow-up,B,robin@acme.example,-,emails_opened'
      .split(',')
      .concat('7', '12,001'),
  )
  expect(second).toMatch(/^daily_analytics +ledger /)
})

test('what is gone is named by its id', () => {
  const gone = { ...day, tenant: null, step: null }
  expect(describeDifferences([gone], { most: 100 }).split('\n')[1]).toMatch(/ t +Autumn +s +B /)
})

test.each([80, 120])(
  'on a terminal of %i columns names give way, and figures and ids stay whole',
  (width) => {
    const long = 'A campaign for all who came to the fair in Hanover and left their card, '.repeat(4)
    const text = describeDifferences(
      [day, uncounted, fact].map((difference) => ({ ...difference, campaign: long })),
      { width, most: 100 },
    )
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
    const whole = ['12,001', fact.emailId ?? '', '2026-03-02T11:00:00.123456', 'variant B', 'A camp']
    for (const shown of whole) expect(text).toContain(shown)
    expect(text).toContain('daily_analytics, compared with ledger\n')
    expect(text).toContain('…')
    expect(describeDifferences([{ ...day, campaign: long }], { most: 100 })).toContain(long)
  },
)

test('the sum is there, and what to do', () => {
  const text = describeDifferences([day, fact], { most: 100 })
  expect(text).toContain('\n\n2 figures of 2 rows differ.\nrookery analytics rebuild computes')
  expect(text).not.toContain('shown')
  expect(describeDifferences([day], { most: 100 })).toContain('1 figure of 1 row differs.')
})

test('where there may be more than are shown it is said of which kind', () => {
  expect(describeDifferences([day, day, fact], { most: 2 })).toContain(
    'Only the first 2 of this kind are shown, there may be more:\n  daily_step_analytics, compared with events\nrookery',
  )
})

test('a rebuild is not advised for what only the ledger knows', () => {
  const text = describeDifferences([uncounted], { most: 100 })
  expect(text).not.toContain('rookery analytics rebuild')
  expect(text).toContain('a rebuild does not bring it back')
})

test('a row of zeros that is missing is named too', () => {
  const row = { ...day, stored: null, computed: { emails_sent: 0 } }
  expect(describeDifferences([row], { most: 100 })).toMatch(/the row +missing +there/)
})
