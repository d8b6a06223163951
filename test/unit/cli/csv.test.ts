import { expect, test } from 'vitest'
import { renderCsv } from '../../../src/cli/csv.ts'

test('values are in the order of the header, quoted where they must be, and empty where there is none', () => {
  const rows = [
    { name: 'Autumn, "late"', sent: 3, at: new Date('2026-03-02T12:00:00Z') },
    { name: 'a\nb', sent: 0, at: null },
  ]
  expect(renderCsv(['sent', 'name', 'at'], rows)).toBe(
    'sent,name,at\n3,"Autumn, ""late""",2026-03-02T12:00:00.000Z\n0,"a\nb",',
  )
})
