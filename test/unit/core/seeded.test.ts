import { describe, expect, it } from 'vitest'
import { seededFraction, seededHash } from '../../../src/core/seeded.ts'

describe('seeded numbers', () => {
  it('stay what they are: texts and plans that were made once depend on them', () => {
    expect([seededHash(0), seededHash(1, 'a'), seededHash(-1, 'lead', 7)]).toMatchInlineSnapshot(`
      [
        2872998923,
        1631574661,
        2371933584,
      ]
    `)
  })

  it('depend on the seed, on each key, and on where a key ends', () => {
    const hashes = [
      seededHash(1, 'a', 'b'),
      seededHash(2, 'a', 'b'),
      seededHash(1, 'b', 'a'),
      seededHash(1, 'ab'),
      seededHash(1, 'a', 'b', ''),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('spread evenly over [0, 1)', () => {
    const counts = new Array<number>(10).fill(0)
    for (let key = 0; key < 10_000; key++) {
      const bin = Math.floor(seededFraction(7, `lead-${key}`) * 10)
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})
