import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createDemoScreen } from '../../../src/cli/demo-screen.ts'

const figures = {
  ...{ planned: 1200, sent: 600, deferred: 3, failed: 2, skipped: 1, unknown: 0 },
  leads: { ended: 10, total: 1000 },
  emailsPerSecond: 99.6,
  seconds: 4.2,
  last: false,
}

/** A screen and what it has written. */
function screenOn(shape: { isTTY?: boolean; columns?: number }) {
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), shape)
  return { screen: createDemoScreen(output), read: () => String(output.read() ?? '') }
}

test('outside of a terminal it writes a line at most every 2 s, and the last figures in any case', () => {
  const { screen, read } = screenOn({})
  screen.show(figures)
  screen.show({ ...figures, sent: 700 })
  screen.show({ ...figures, sent: 800, last: true })
  expect(read().split('\n')).toEqual([
    '    4 s: planned 1,200, sent 600, deferred 3, failed 2, skipped 1, unknown 0; 100 emails/s',
    '    4 s: planned 1,200, sent 800, deferred 3, failed 2, skipped 1, unknown 0; 100 emails/s',
    '',
  ])
})

test('on a terminal it redraws one block that is never wider than the terminal', () => {
  const { screen, read } = screenOn({ isTTY: true, columns: 30 })
  screen.show(figures)
  const first = read().split('\n')
  expect(Math.max(...first.map((line) => line.length))).toBeLessThanOrEqual(30)
  screen.show(figures)
  expect(read().startsWith(`\u001b[${first.length - 1}A\u001b[J`)).toBe(true)
})

test('a step says what it came to, and how long it took', async () => {
  const { screen, read } = screenOn({})
  const result = await screen.step(
    'Counting',
    async () => 7,
    (count) => `${count} counted`,
  )
  expect(result).toBe(7)
  expect(read()).toMatch(/^ {2}✓ 7 counted \(\d+\.\d s\)\n$/)
})
