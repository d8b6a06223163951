import { expect, test } from 'vitest'
import { describeMailbox, drawDay } from '../../../src/cli/warmup-report.ts'
import { placementByProvider, type ReportDay, totalsOf } from '../../../src/warmup/report.ts'

test.each([
  [0, 0, 0, 10, ''],
  [10, 0, 0, 10, '░░░░░░░░░░'],
  [10, 6, 2, 10, '██████▒▒░░'],
  [10, 10, 0, 10, '██████████'],
  [5, 5, 0, 10, '█████'],
  [5, 4, 4, 10, '████▒!!!'],
  [0, 1, 0, 100, '!'],
  [500, 5, 0, 20, '███░░░░░░…'],
  [3, 1, 1, 3, '███▒▒▒▒░░░'],
])(
  'a day that may send %i, with %i of warmup and %i of campaigns, beside one of %i',
  (cap, warmupSent, campaignSent, most, bar) => {
    expect(drawDay({ cap, warmupSent, campaignSent }, most, 10)).toBe(bar)
  },
)

const figures = { rescued: 1, repliesReceived: 2, repliesSent: 1, bounces: 0, complaints: 0, reputation: 81 }
const days: ReportDay[] = [
  {
    ...figures,
    ...{ date: '2027-03-05', cap: 4, warmupSent: 3, campaignSent: 1, inbox: 3, junk: 0 },
    placement: { gmail: { inbox: 3, junk: 0 } },
  },
  {
    ...figures,
    date: '2027-03-06',
    cap: 0,
    warmupSent: 0,
    campaignSent: 0,
    inbox: 0,
    junk: 0,
    placement: {},
  },
  {
    ...figures,
    ...{ date: '2027-03-08', cap: 8, warmupSent: 4, campaignSent: 0, inbox: 1, junk: 3 },
    placement: { gmail: { inbox: 1, junk: 0 }, outlook: { inbox: 0, junk: 3 } },
  },
]

test('the report of a mailbox draws its days, and says where its emails landed', () => {
  const report = {
    ...{
      mailbox: 'ann@acorn.test',
      status: 'warming' as const,
      health: 'watch' as const,
      note: null,
      reputation: 81,
      days,
    },
    totals: totalsOf(days),
    placement: placementByProvider(days),
  }
  expect(describeMailbox(report, new Date('2027-03-08T17:30:00Z')).split('\n')).toEqual([
    'ann@acorn.test: warming, watch',
    '',
    'day             may send  warmed  campaigns  in Junk',
    `2027-03-05 Fri         4       3          1    0.0 %  ${'█'.repeat(12)}${'▒'.repeat(4)}`,
    '2027-03-06 Sat         0       0          0        -',
    `2027-03-08 Mon         8       4          0     75 %  ${'█'.repeat(16)}${'░'.repeat(16)}`,
    '',
    '█ warmup  ▒ campaigns  ░ left of what its ramp and limits allow, … if that is far more  ! beyond it',
    '',
    'receivers at  inbox  Junk  in Junk',
    'gmail             4     0    0.0 %',
    'outlook           0     3    100 %',
    '',
    'Reputation 81 of 100. 6 of its emails were answered, it answered 3; it rescued 3 from its own Junk; 0 bounced, 0 led to a complaint.',
    '',
    'Counted at 2027-03-08 17:30Z.',
  ])
})

test('the report of a mailbox that was not counted yet says so', () => {
  const report = {
    ...{
      mailbox: 'ann@acorn.test',
      status: 'warming' as const,
      health: 'healthy' as const,
      note: null,
      reputation: null,
    },
    ...{ days: [], totals: totalsOf([]), placement: [] },
  }
  expect(describeMailbox(report, null)).toContain('No day was counted yet')
})
