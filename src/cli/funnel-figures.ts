import type { StepFigures } from '../analytics/report-store.ts'
import { minuteOf } from './day.ts'
import { drawFunnel, funnelLegend } from './funnel-bar.ts'
import { formatShare } from './output.ts'
import { stepLabel } from './step-label.ts'
import { renderTable } from './table.ts'

/** What came of the emails that were sent, by step and variant, with a bar for each. */
export function describeSteps(steps: readonly StepFigures[], countedAt?: Date): string {
  const share = (count: number, { sent }: StepFigures) =>
    `${count.toLocaleString('en')} (${formatShare(count, sent)})`
  const table = renderTable(steps, {
    step: stepLabel,
    sent: (row) => row.sent,
    delivered: (row) => share(row.delivered, row),
    opened: (row) => share(row.opened, row),
    clicked: (row) => share(row.clicked, row),
    replied: (row) => share(row.replied, row),
    bounced: (row) => row.bounced,
    unsubscribed: (row) => row.unsubscribed,
    complained: (row) => row.complained,
    '': (row) => drawFunnel(row),
  })
  return `${table}\n${funnelLegend}${countedAt ? `, as counted at ${minuteOf(countedAt)}` : ''}`
}
