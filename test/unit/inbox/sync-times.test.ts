import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextSyncAt } from '../../../src/inbox/sync-times.ts'

const instant = fc.date({ min: new Date('2024-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })

test('the next sync lies ahead, by one interval at most', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 10, max: 86_400 }), instant, (id, seconds, now) => {
      const wait = nextSyncAt(id, seconds, now).getTime() - now.getTime()
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(seconds * 1000)
    }),
  )
})

test('a mailbox keeps its phase, however late it is looked at', () => {
  fc.assert(
    fc.property(fc.uuid(), instant, fc.integer({ min: 0, max: 10_000_000 }), (id, now, laterMs) => {
      const first = nextSyncAt(id, 300, now).getTime()
      const later = nextSyncAt(id, 300, new Date(now.getTime() + laterMs)).getTime()
      expect((later - first) % 300_000).toBe(0)
    }),
  )
})

test('five thousand mailboxes are spread evenly over the interval', () => {
  const now = new Date('2026-11-21T00:00:00Z')
  const perMinute = [0, 0, 0, 0, 0]
  for (let n = 0; n < 5000; n += 1) {
    const at = nextSyncAt(`0192b1c0-0000-7000-8000-${n.toString(16).padStart(12, '0')}`, 300, now)
    const minute = Math.floor((at.getTime() - now.getTime() - 1) / 60_000)
    perMinute[minute] = (perMinute[minute] ?? 0) + 1
  }
  for (const count of perMinute) expect(Math.abs(count - 1000)).toBeLessThan(150)
})
