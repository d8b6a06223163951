import { expect, test } from 'vitest'
import { describeLeads, describeReport, drawBar } from '../../../src/cli/campaign-figures.ts'

test.each([
  [0, 0, 0, '░░░░░░░░░░'],
  [5, 0, 10, '█████░░░░░'],
  [5, 2, 10, '█████▒▒░░░'],
  [9, 1, 10, '█████████▒'],
  [10, 0, 10, '██████████'],
  [1, 1, 3, '███▒▒▒▒░░░'],
])('a bar of %i sent and %i ended of %i', (sent, ended, total, bar) => {
  expect(drawBar(sent, ended, total, 10)).toBe(bar)
})

test('a report shows the funnel, the leads by end, and the reasons', () => {
  const text = describeReport({
    campaign: 'Spring',
    status: 'paused',
    statusReason: 'a typo',
    startedAt: null,
    completedAt: null,
    steps: [
      {
        ...{
          position: 1,
          name: 'hello',
          variant: null,
          planned: 4,
          sent: 1,
          scheduled: 0,
          deferred: 0,
          held: 2,
        },
        ...{ submitting: 0, failed: 1, skipped: 0, unknown: 0 },
      },
    ],
    leads: {
      total: 4,
      byEnd: { finished: 1, waiting: 2, stopped: 0, failed: 1, skipped: 0, unknown: 0 },
      ends: [
        { end: 'finished', code: null, count: 1, nextDueAt: null },
        { end: 'waiting', code: 'campaign_paused', count: 2, nextDueAt: null },
        { end: 'failed', code: 'invalid_recipient', count: 1, nextDueAt: null },
      ],
    },
    reasons: [{ status: 'failed', code: 'invalid_recipient', count: 1, example: '550 5.1.1 No such user' }],
  })
  expect(text.split('\n')).toEqual([
    'Spring (paused: a typo)',
    '',
    'step     planned  sent  deferred  held  failed  skipped  unknown',
    '1 hello        4     1         0     2       1        0        0  ████████▒▒▒▒▒▒▒▒░░░░░░░░░░░░░░░░',
    '█ sent  ▒ failed, skipped or unknown  ░ to go, of what is planned',
    '',
    '4 leads:',
    '        1  got every email',
    '        2  wait             2 for the campaign to be resumed',
    '        1  failed           1 invalid_recipient',
    '',
    'emails  status  reason             for example',
    '     1  failed  invalid_recipient  550 5.1.1 No such user',
  ])
})

test('where there is no lead it is said', () => {
  expect(describeLeads([])).toBe('No leads are enrolled.')
})
