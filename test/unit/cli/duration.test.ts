import { expect, test } from 'vitest'
import { describeSpan } from '../../../src/cli/duration.ts'

test.each([
  [-3, '0 s'],
  [0.4, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3599, '59 min'],
  [7200, '2 h'],
  [200_000, '2 d'],
])('%d seconds are %s', (seconds, words) => {
  expect(describeSpan(seconds)).toBe(words)
})
