import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../../../src/core/ids.ts'

const anyMs = fc.integer({ min: 0, max: 2 ** 48 - 1 })

test('an id is a UUID of version 7 and variant 10 that holds its millisecond', () => {
  fc.assert(
    fc.property(anyMs, (ms) => {
      const id = newId(ms)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(ms)
    }),
  )
})

test('ids of later milliseconds sort behind', () => {
  fc.assert(
    fc.property(anyMs, anyMs, (a, b) => {
      fc.pre(a < b)
      expect(newId(a) < newId(b)).toBe(true)
    }),
  )
})

test('ids of one millisecond differ', () => {
  const ids = Array.from({ length: 10_000 }, () => newId(1))
  expect(new Set(ids).size).toBe(ids.length)
})
