import { expect, test } from 'vitest'
import { placementByProvider, type ReportDay, totalsOf } from '../../../src/warmup/report.ts'

const day = (overrides: Partial<ReportDay> = {}): ReportDay => ({
  date: '2027-03-05',
  cap: 10,
  warmupSent: 6,
  campaignSent: 2,
  inbox: 4,
  junk: 1,
  rescued: 1,
  repliesReceived: 2,
  repliesSent: 3,
  bounces: 0,
  complaints: 0,
  reputation: 80,
  placement: { gmail: { inbox: 3, junk: 0 }, outlook: { inbox: 1, junk: 1 } },
  ...overrides,
})

test('days add up, and the share in Junk is of what was found', () => {
  const totals = totalsOf([day(), day({ inbox: 2, junk: 3, bounces: 1 })])
  expect(totals).toMatchObject({
    warmupSent: 12,
    campaignSent: 4,
    inbox: 6,
    junk: 4,
    bounces: 1,
    junkShare: 0.4,
  })
  expect(totalsOf([day({ inbox: 0, junk: 0 })]).junkShare).toBeNull()
  expect(totalsOf([])).toMatchObject({ warmupSent: 0, junkShare: null })
})

test('placement is added up by provider, those with most first', () => {
  const days = [day(), day({ placement: { outlook: { inbox: 5, junk: 2 }, yahoo: { inbox: 0, junk: 0 } } })]
  expect(placementByProvider(days)).toEqual([
    { provider: 'outlook', inbox: 6, junk: 3, junkShare: 1 / 3 },
    { provider: 'gmail', inbox: 3, junk: 0, junkShare: 0 },
    { provider: 'yahoo', inbox: 0, junk: 0, junkShare: null },
  ])
})
