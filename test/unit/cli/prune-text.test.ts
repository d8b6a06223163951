import { expect, test } from 'vitest'
import { describePrunable } from '../../../src/cli/prune-text.ts'

test('what would go is listed by kind, with a note only where more is left, and completed jobs are said to go elsewhere', () => {
  const rows = [
    { what: 'job logs', keptFor: '30 days', rows: 7, finished: true },
    { what: 'events of the tenant acme', keptFor: '10 days', rows: 200_000, finished: false },
  ]
  expect(describePrunable(rows, true).split('\n')).toEqual([
    'what                       kept for  would go',
    'job logs                   30 days          7',
    'events of the tenant acme  10 days    200,000  more the next time',
    'Would delete 200,007 rows.',
    'Completed jobs are not among them: the queue deletes those itself.',
  ])
})
