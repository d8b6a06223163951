import type { DayFigures } from '../analytics/report-store.ts'
import { minuteOf } from './day.ts'
import { formatShare } from './output.ts'
import { renderTable, type Table } from './table.ts'

/** What became of the emails of each day, as counted last. `width`: of the terminal, within which all figures stand. */
export function describeDays(
  all: readonly DayFigures[],
  countedAt: Date | undefined,
  width?: number,
): string {
  if (countedAt === undefined)
    return 'Nothing has been counted yet: the analytics worker does so every hour, rookery analytics rebuild at once.'
  const days = all.filter((row) => row.emails_sent > 0 || row.late_events > 0)
  if (days.length === 0) return `Nothing was sent in these days, as counted at ${minuteOf(countedAt)}.`
  return renderTable(days, columns, { width, folded: true })
}

const share = (count: (row: DayFigures) => number) => (row: DayFigures) =>
  formatShare(count(row), row.emails_sent)

const columns: Table<DayFigures> = {
  day: (row) => row.date,
  sent: (row) => row.emails_sent,
  delivered: (row) => row.emails_delivered,
  opened: (row) => row.emails_opened,
  'open rate': share((row) => row.emails_opened),
  clicked: (row) => row.emails_clicked,
  replied: (row) => row.emails_replied,
  'reply rate': share((row) => row.emails_replied),
  bounced: (row) => row.emails_bounced,
  unsubscribed: (row) => row.emails_unsubscribed,
  complained: (row) => row.emails_complained,
  late: (row) => row.late_events,
  'machine opens': (row) => row.machine_opens,
}
