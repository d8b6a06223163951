import { expect, test } from 'vitest'
import { renderTable } from '../../../src/cli/table.ts'

test('columns are as wide as their widest cell, numbers stand to the right', () => {
  const rows = [
    { name: 'oak', count: 5 },
    { name: 'hornbeam', count: 12_345 },
  ]
  expect(renderTable(rows, { name: (row) => row.name, emails: (row) => row.count })).toBe(
    ['name      emails', 'oak            5', 'hornbeam  12,345'].join('\n'),
  )
})

test('what is missing is a dash, a moment is in UTC', () => {
  const rows = [{ at: new Date('2026-03-01T12:34:56Z') }, { at: null }]
  expect(renderTable(rows, { at: (row) => row.at })).toBe('at\n2026-03-01 12:34Z\n-')
})

test('wide characters and combining ones keep the columns straight', () => {
  const rows = ['漢字', 'Zoë', 'e\u0301a', '👩‍👧'].map((name) => ({ name }))
  const lines = renderTable(rows, { name: (row) => row.name, end: () => '|' }).split('\n')
  expect(lines).toEqual(['name  end', '漢字  |', 'Zoë   |', 'e\u0301a    |', '👩‍👧    |'])
})

test('control characters cannot reach the terminal', () => {
  const table = renderTable([{ name: '\u001b[31mred\u0007\u202e' }], { name: (row) => row.name })
  expect(table).toBe('name\n·[31mred··')
})

test('a long reason is cut so that no line is longer than the terminal', () => {
  const rows = [
    { name: 'oak', reason: 'the server said that it has had quite enough of this for today' },
    { name: 'elm', reason: '漢字漢字漢字漢字漢字漢字漢字漢字' },
  ]
  const table = {
    name: (row: (typeof rows)[number]) => row.name,
    because: (row: (typeof rows)[number]) => row.reason,
  }
  expect(renderTable(rows, table, { width: 30, clipped: 'because' }).split('\n')).toEqual([
    'name  because',
    'oak   the server said that it…',
    'elm   漢字漢字漢字漢字漢字漢…',
  ])
  expect(renderTable(rows, table, { width: undefined, clipped: 'because' })).toContain('for today')
  expect(renderTable(rows, table, { width: 10, clipped: 'because' })).toContain('oak   the server said…')
})

test.each([
  ['shares', ['100.0 %', '0.0 %'], ['100.0 %  |', '  0.0 %  |']],
  ['counts with their share', ['12 (1,200.0 %)', '0 (0.0 %)'], ['12 (1,200.0 %)  |', '     0 (0.0 %)  |']],
  [
    'counts of what was allowed',
    ['9 of 5 (180.0 %)', '1,200'],
    ['9 of 5 (180.0 %)  |', '           1,200  |'],
  ],
  ['numbers, one of them missing', [1200, null], ['1,200  |', '    -  |']],
])('%s stand to the right', (_, cells, expected) => {
  const lines = renderTable<string | number | null>(cells, { n: (cell) => cell, end: () => '|' }).split('\n')
  expect(lines.slice(1)).toEqual(expected)
})

test.each([
  ['days', ['2026-03-02', '7'], ['2026-03-02  |', '7           |']],
  ['words', ['3 days', '7'], ['3 days  |', '7       |']],
])('%s stand to the left', (_, cells, expected) => {
  const lines = renderTable(cells, { n: (cell) => cell, end: () => '|' }).split('\n')
  expect(lines.slice(1)).toEqual(expected)
})

test('a column without a heading is blank where there is nothing', () => {
  const rows = [{ name: 'oak', note: '' }]
  expect(renderTable(rows, { name: (row) => row.name, '': (row) => row.note })).toBe('name\noak')
})

test('columns for which there is no room follow below, with the first; elsewhere all are beside one another', () => {
  const rows = [{ day: '2026-03-02', sent: 1200, opened: 7 }]
  const table = {
    day: (row: (typeof rows)[number]) => row.day,
    sent: (row: (typeof rows)[number]) => row.sent,
    opened: (row: (typeof rows)[number]) => row.opened,
  }
  expect(renderTable(rows, table, { width: 20, folded: true }).split('\n')).toEqual([
    'day          sent',
    '2026-03-02  1,200',
    '',
    'day         opened',
    '2026-03-02       7',
  ])
  expect(renderTable(rows, table, { width: undefined, folded: true })).toBe(renderTable(rows, table))
})
