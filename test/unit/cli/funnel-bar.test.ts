import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawFunnel } from '../../../src/cli/funnel-bar.ts'

const none = { sent: 0, delivered: 0, opened: 0, clicked: 0, replied: 0 }

test('each stage takes its share of what was sent', () => {
  expect(drawFunnel({ sent: 100, delivered: 90, opened: 40, clicked: 20, replied: 10 }, 10)).toBe('█▓▒▒░░░░░')
})

test('who replies without an open that was seen has come as far', () => {
  expect(drawFunnel({ ...none, sent: 10, delivered: 10, replied: 5 }, 10)).toBe('█████░░░░░')
})

test('of nothing sent there is no bar', () => {
  expect(drawFunnel({ ...none, opened: 12 }, 10)).toBe('')
})

test('no figures make it longer than its width', () => {
  const count = fc.nat(100)
  const funnels = fc.record({ sent: count, delivered: count, opened: count, clicked: count, replied: count })
  fc.assert(
    fc.property(funnels, fc.integer({ min: 1, max: 60 }), (funnel, width) => {
      expect(drawFunnel(funnel, width).length).toBeLessThanOrEqual(width)
    }),
  )
})
