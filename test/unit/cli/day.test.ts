import { expect, test } from 'vitest'
import { readDayRange } from '../../../src/cli/day.ts'

test('days may be left out on either side, and be the same', () => {
  expect(readDayRange({})).toEqual({ from: undefined, to: undefined })
  expect(readDayRange({ from: '2026-11-01' })).toEqual({ from: '2026-11-01', to: undefined })
  expect(readDayRange({ from: '2026-11-01', to: '2026-11-01' })).toEqual({
    from: '2026-11-01',
    to: '2026-11-01',
  })
})

test.each([
  [{ from: '2026-02-30' }, '--from 2026-02-30 is not a day'],
  [{ to: '1.11.2026' }, '--to 1.11.2026 is not a day'],
  [{ from: '0000-01-01' }, '--from 0000-01-01: there are no days before 2000-01-01'],
  [{ from: '2026-11-20', to: '2026-11-01' }, '--from 2026-11-20 is after --to 2026-11-01'],
])('%j is refused', (range, error) => {
  expect(() => readDayRange(range)).toThrow(error)
})
