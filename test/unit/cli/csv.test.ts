import { expect, test } from 'vitest'
import { renderCsv } from '../../../src/cli/csv.ts'

test('values are in the order of the header, quoted where they must be, and empty where there is none', () => {
  const rows = [
    { name: 'Autumn, "late"', sent: 3, at: new Date('2026-03-02T12:00:00Z') },
    { name: 'a\nb', sent: 0, at: null },
  ]
  expect(renderCsv(['sent', 'name', 'at'], rows)).toBe(
    'sent,name,at\r\n3,"Autumn, ""late""",2026-03-02T12:00:00.000Z\r\n0,"a\nb",\r\n',
  )
})

test.each(['=cmd|calc', '+1', '-1', '@sum(a1)', '\t=1', '＝1'])(
  'a spreadsheet takes %j for text, since a quote stands before it',
  (name) => {
    expect(renderCsv(['name'], [{ name }])).toBe(`name\r\n'${name}\r\n`)
  },
)

test('numbers, days and texts that hold such a sign elsewhere stay as they are', () => {
  const rows = [{ balance: -3, share: 0.5, day: '2026-03-02', name: 'a=b' }]
  expect(renderCsv(['balance', 'share', 'day', 'name'], rows)).toContain('\r\n-3,0.5,2026-03-02,a=b\r\n')
})
