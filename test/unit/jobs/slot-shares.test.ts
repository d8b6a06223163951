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
