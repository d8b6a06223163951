import { expect, test } from 'vitest'
import { wallTime } from '../../../src/core/civil-time.ts'
import type { MailboxLimits } from '../../../src/sending/budgets.ts'
import { restFromWarmup } from '../../../src/sending/warmup-rest.ts'

const email = { kind: 'warmup', id: '7', content: {} } as const
const zone = 'America/New_York'
const limits = { timezone: zone } as MailboxLimits
const noon = new Date('2026-03-03T17:00:00Z')
const night = new Date('2026-03-04T06:00:00Z')

test('warmup leaves by day, and what comes up at night waits for the first hours of the morning', () => {
  for (const warmupStatus of ['warming', 'ready'] as const) {
    expect(restFromWarmup(email, { warmupStatus, limits }, noon)).toBeUndefined()
    const rest = restFromWarmup(email, { warmupStatus, limits }, night)
    if (rest?.kind !== 'defer') return expect.fail('it leaves at night')
    expect(rest.until.getTime()).toBeGreaterThanOrEqual(wallTime('2026-03-04', 7 * 60, zone).getTime())
    expect(rest.until.getTime()).toBeLessThanOrEqual(wallTime('2026-03-04', 9 * 60 + 30, zone).getTime())
  }
})

test('what a mailbox outside of the pool was to say there is not said, while its campaigns go on', () => {
  for (const warmupStatus of ['paused', 'quarantined', 'none'] as const) {
    expect(restFromWarmup(email, { warmupStatus, limits }, noon)).toMatchObject({ kind: 'skip' })
    expect(
      restFromWarmup({ ...email, kind: 'campaign' as const }, { warmupStatus, limits }, night),
    ).toBeUndefined()
  }
})

test('an answer to what is more than a week old is not sent', () => {
  const of = { warmupStatus: 'warming', limits } as const
  const until = (moment: Date) => ({ ...email, content: { notAfter: moment.toISOString() } })
  expect(restFromWarmup(until(noon), of, noon)).toBeUndefined()
  expect(restFromWarmup(until(noon), of, new Date(noon.getTime() + 1))).toMatchObject({
    code: 'warmup_stale',
  })
})
