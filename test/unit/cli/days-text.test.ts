import { expect, test } from 'vitest'
import { type DayFigures, dayColumns } from '../../../src/analytics/report-store.ts'
import { describeDays } from '../../../src/cli/days-text.ts'

const none = Object.fromEntries(dayColumns.map((column) => [column, 0])) as unknown as DayFigures
const days: DayFigures[] = [
  { ...none, date: '2026-03-02', emails_sent: 12_345, emails_delivered: 12_001, emails_opened: 12_345 },
  { ...none, date: '2026-03-03', emails_sent: 1, machine_opens: 123_456 },
]

const at = new Date('2026-03-04T05:06:07Z')

test.each([80, 100, 120])('on a terminal of %i columns no line is longer, and no figure is cut', (width) => {
  const text = describeDays(days, at, width)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
  for (const shown of ['12,345', '12,001', '123,456', 'unsubscribed', 'machine opens'])
    expect(text).toContain(shown)
})

test('elsewhere a day is one line, with its rates below one another', () => {
  const [head, first, second, ...more] = describeDays(days, at).split('\n')
  expect(head).toMatch(/^day .* machine opens$/)
  expect(first?.indexOf('100.0 %')).toBe((second?.indexOf('0.0 %') ?? 0) - 2)
  expect(more).toEqual([])
})

test('days on which nothing was sent are left out', () => {
  expect(describeDays([{ ...none, date: '2026-03-02' }], at)).toMatch(/^Nothing was sent in these days/)
})
