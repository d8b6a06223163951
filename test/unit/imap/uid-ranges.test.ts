import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uidRanges } from '../../../src/imap/uid-ranges.ts'

test.each<[number[], number, string[]]>([
  [[], 10, []],
  [[5], 10, ['5']],
  [[1, 2, 3, 5, 7, 8], 10, ['1:3,5,7:8']],
  [[1, 2, 3, 4, 5], 2, ['1:2', '3:4', '5']],
])('%j, %d at once, is %j', (uids, atOnce, sets) => {
  expect(uidRanges(uids, atOnce)).toEqual(sets)
})

test('sets hold exactly the UIDs given', () => {
  const uids = fc.uniqueArray(fc.integer({ min: 1, max: 300 })).map((all) => all.sort((a, b) => a - b))
  fc.assert(
    fc.property(uids, fc.integer({ min: 1, max: 50 }), (given, atOnce) => {
      const back = uidRanges(given, atOnce).flatMap((set) =>
        set.split(',').flatMap((run) => {
          const [first = 0, last = first] = run.split(':').map(Number)
          return Array.from({ length: last - first + 1 }, (_, at) => first + at)
        }),
      )
      expect(back).toEqual(given)
    }),
  )
})
