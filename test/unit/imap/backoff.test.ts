import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextSyncAfterFailure } from '../../../src/imap/backoff.ts'

const now = new Date('2026-03-01T12:00:00Z')
const minutes = (failures: number, kind: 'auth_failed' | 'closed' | 'timeout', jitter = 0) =>
  (nextSyncAfterFailure(failures, kind, now, jitter).getTime() - now.getTime()) / 60_000

describe('a mailbox that failed', () => {
  test('waits from 15 minutes to 6 hours when its login is refused', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((n) => minutes(n, 'auth_failed'))).toEqual([
      15, 30, 60, 120, 240, 360, 360,
    ])
  })

  test('waits from a minute to an hour when its connection fails', () => {
    expect([1, 2, 3, 6, 7, 8].map((n) => minutes(n, 'closed'))).toEqual([1, 2, 4, 32, 60, 60])
  })

  test('is spread by up to a fifth, and never waits less than the first time', () => {
    expect(minutes(1, 'auth_failed', 0.99)).toBe(15)
    expect(minutes(7, 'auth_failed', 0.5)).toBe(324)
  })

  test('waits within its bounds after any number of failures', () => {
    const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.nat(100_000), jitter, (failures, spread) => {
        const wait = minutes(failures, 'timeout', spread)
        expect(wait).toBeGreaterThanOrEqual(1)
        expect(wait).toBeLessThanOrEqual(60)
      }),
    )
  })
})
