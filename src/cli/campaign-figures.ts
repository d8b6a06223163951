import { type CampaignReport, describeWait, type LeadAccount } from '../campaigns/report.ts'
import type { EmailReason, EnrolledLead, LeadEnd, StepFunnel } from '../campaigns/report-store.ts'
import { formatCount } from './output.ts'
import { printable } from './printable.ts'
import { stepLabel } from './step-label.ts'
import { renderTable } from './table.ts'

/** A campaign's report for people: the funnel by step, the account of its leads, the reasons. */
export function describeReport(report: CampaignReport): string {
  const because = report.statusReason ? `: ${report.statusReason}` : ''
  const head = printable(`${report.campaign} (${report.status}${because})`)
  const parts = [head, describeFunnel(report.steps), describeAccount(report.leads)]
  if (report.reasons.length > 0) parts.push(describeReasons(report.reasons))
  return parts.join('\n\n')
}

const barWidth = 32

export const barLegend = '█ sent  ▒ failed, skipped or unknown  ░ to go, of what is planned'

/** A bar for the emails that are planned, with the marks of `barLegend`. */
export function drawBar(sent: number, ended: number, total: number, width = barWidth): string {
  if (total === 0) return '░'.repeat(width)
  const upTo = (count: number) => Math.round((count / total) * width)
  const solid = upTo(sent)
  const shaded = upTo(sent + ended) - solid
  return '█'.repeat(solid) + '▒'.repeat(shaded) + '░'.repeat(width - solid - shaded)
}

function describeFunnel(steps: readonly StepFunnel[]): string {
  const anyHeld = steps.some((step) => step.held > 0)
  const table = renderTable(steps, {
    step: stepLabel,
    planned: (row) => row.planned,
    sent: (row) => row.sent,
    deferred: (row) => row.deferred,
    ...(anyHeld ? { held: (row: StepFunnel) => row.held } : {}),
    failed: (row) => row.failed,
    skipped: (row) => row.skipped,
    unknown: (row) => row.unknown,
    '': (row) => drawBar(row.sent, row.failed + row.skipped + row.unknown, row.planned),
  })
  return `${table}\n${barLegend}`
}

const ends: readonly [LeadEnd, string][] = [
  ['finished', 'got every email'],
  ['waiting', 'wait'],
  ['stopped', 'stopped'],
  ['failed', 'failed'],
  ['skipped', 'skipped'],
  ['unknown', 'unknown'],
]

function describeAccount({ total, byEnd, ends: counts }: LeadAccount): string {
  const lines = ends.flatMap(([end, label]) => {
    const why = counts.filter((count) => count.end === end && count.code !== null)
    const words = why.map(
      ({ code, count }) => `${count} ${end === 'waiting' ? `for ${describeWait(code)}` : code}`,
    )
    return byEnd[end] > 0 ? [{ label, count: byEnd[end], words: words.join(', ') }] : []
  })
  const width = Math.max(0, ...lines.map(({ label }) => label.length))
  const shown = lines.map(({ label, count, words }) =>
    `  ${count.toLocaleString('en').padStart(7)}  ${label.padEnd(width)}  ${words}`.trimEnd(),
  )
  return [`${formatCount(total, 'lead')}:`, ...shown].join('\n')
}

function describeReasons(reasons: readonly EmailReason[]): string {
  return renderTable(reasons, {
    emails: (row) => row.count,
    status: (row) => row.status,
    reason: (row) => row.code,
    'for example': (row) => clip(row.example),
  })
}

function clip(text: string): string {
  return text.length > 90 ? `${text.slice(0, 89)}…` : text
}

/** Every lead with how it ended, or what it waits for. */
export function describeLeads(leads: readonly EnrolledLead[]): string {
  if (leads.length === 0) return 'No leads are enrolled.'
  return renderTable(leads, {
    lead: (row) => row.email,
    end: (row) => row.end,
    step: (row) => row.step,
    mailbox: (row) => row.mailbox,
    due: (row) => row.dueAt,
    because: (row) => (row.end === 'waiting' ? `waits for ${describeWait(row.code)}` : row.reason),
  })
}
