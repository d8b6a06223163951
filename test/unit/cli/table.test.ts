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
