import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSlotShares } from '../../../src/jobs/slot-shares.ts'

test('no host and no tenant ever holds more than its share, and a share is at least one slot', () => {
  const party = fc.record({ host: fc.constantFrom('a', 'b', 'c'), tenant: fc.constantFrom('s', 't') })
  const step = fc.oneof(party, fc.record({ leave: fc.nat() }))
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 20 }), (steps, slots) => {
      const shares = createSlotShares(() => slots, 0.25)
      const most = Math.max(1, Math.floor(slots / 4))
      let held: { host: string; tenant: string; leave: () => void }[] = []
      for (const one of steps) {
        if ('leave' in one) {
          const leaving = held[one.leave % Math.max(1, held.length)]
          leaving?.leave()
          held = held.filter((taken) => taken !== leaving)
          continue
        }
        const full = (key: 'host' | 'tenant') =>
          held.filter((taken) => taken[key] === one[key]).length >= most
        const leave = shares.take(`host ${one.host}`, `tenant ${one.tenant}`)
        expect(leave === undefined).toBe(full('host') || full('tenant'))
        if (leave) held.push({ ...one, leave })
      }
    }),
  )
})

test('who waits for a share is let in in turn, and one whose host is free is not held up by one that waits', async () => {
  const shares = createSlotShares(() => 4, 0.25)
  const first = shares.take('host a')
  const second = shares.takeWithin(10_000, 'host a')
  const third = shares.takeWithin(10_000, 'host a')
  expect(await shares.takeWithin(0, 'host b')).toBeDefined()
  first?.()
  const leave = await second
  expect(leave).toBeDefined()
  expect(shares.take('host a')).toBeUndefined()
  leave?.()
  expect(await third).toBeDefined()
})

test('who is not let in in time holds nothing', async () => {
  const shares = createSlotShares(() => 4, 0.25)
  const leave = shares.take('host a')
  expect(await shares.takeWithin(1, 'host a', 'tenant s')).toBeUndefined()
  leave?.()
  expect(shares.take('host a', 'tenant s')).toBeDefined()
})
