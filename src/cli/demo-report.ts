import path from 'node:path'
import { nearPath } from '../app/demo-fleet.ts'
import type { CampaignReport } from '../campaigns/report.ts'
import type { AccountComparison } from '../lab/demo-accounts.ts'
import { describeReport } from './campaign-figures.ts'
import type { LeadImportReport } from './lead-import.ts'
import { formatCount } from './output.ts'
import { renderTable } from './table.ts'

export interface DemoReport {
  report: CampaignReport
  imported: LeadImportReport
  lateDeliveries: { code: string; count: number }[]
  comparison: AccountComparison
  complete: boolean
  sendingSeconds: number
  totalSeconds: number
  home: string
  commandPrefix: string
}

export function describeDemo(demo: DemoReport): string {
  return [
    describeReport(demo.report),
    describeLate(demo.lateDeliveries),
    describeRejects(demo.imported),
    describeComparison(demo.comparison),
    verdict(demo),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function describeLate(late: DemoReport['lateDeliveries']): string {
  if (late.length === 0) return ''
  const words = late.map(({ code, count }) => `${count} ${code}`)
  return `Put off by the provider at first, and sent later: ${words.join(', ')}.`
}

const shownRejects = 3

function describeRejects({ rejected, rejects, rejectsFile }: LeadImportReport): string {
  if (rejected === 0) return ''
  const shown = renderTable(rejects.slice(0, shownRejects), {
    line: (row) => row.line,
    reason: (row) => row.reason,
  })
  const file = rejectsFile ? nearPath(rejectsFile) : ''
  return `${formatCount(rejected, 'row')} of the lead file refused (all in ${file}):\n${shown}`
}

function describeComparison(comparison: AccountComparison): string {
  const { accepted, sent, unknownArrived, unknownLost, twice, missing, unexpected, suppressed } = comparison
  const rows: [number, string][] = [
    [accepted, 'messages accepted, by the mail provider'],
    [sent, 'sent, by our ledger'],
    [unknownArrived, 'unknown in our ledger, and arrived *'],
    ...(unknownLost > 0 ? [lost(unknownLost)] : []),
    [twice.length, 'accepted twice'],
    [missing.length, 'sent by our ledger, but not accepted'],
    [unexpected.length, 'accepted, but not sent by our ledger'],
    [suppressed.length, 'accepted for somebody who had asked not to be mailed'],
  ]
  const lines = rows.map(([count, words]) => `  ${count.toLocaleString('en').padStart(7)}  ${words}`)
  return ['Two accounts, held against each other by Message-ID:', ...lines, ...unknownNote].join('\n')
}

const lost = (count: number): [number, string] => [count, 'unknown in our ledger, and not arrived *']

const unknownNote = [
  '',
  '  * The connection was lost after the whole message had gone over, before the answer came. Nobody can tell',
  '    from here whether it was taken, so it is not sent again by itself: never twice.',
]

function verdict({ comparison, complete, report, sendingSeconds, totalSeconds }: DemoReport): string {
  const { accepted, sent, unknownArrived, agree } = comparison
  const perSecond = Math.round(sent / sendingSeconds)
  const times =
    `  ${totalSeconds.toFixed(0)} s in all, ${sendingSeconds.toFixed(0)} s of them from the start of the workers to ` +
    `the last email (${perSecond} emails/s on average).`
  const sum = `${accepted} accepted = ${sent} sent + ${unknownArrived} unknown`
  if (!complete) return `✗ Not finished in time: ${report.leads.byEnd.waiting} leads still wait.\n${times}`
  return agree
    ? `✓ Every lead is accounted for, and the accounts agree: ${sum}.\n${times}`
    : `✗ The accounts do not agree: ${sum} is what should be true.\n${times}`
}

/** Commands to go on with; `running`: everything still does. */
export function describeNext({ home, report, commandPrefix }: DemoReport, running: boolean): string {
  const rookery = `${commandPrefix}npx rookery`
  const lines = [
    running ? 'Everything still runs; Ctrl-C here stops it. In another terminal:' : 'Where to look next:',
    `  ${rookery} status`,
    `  ${rookery} campaign report "${report.campaign}" --leads`,
    `  ${rookery} mailbox list`,
    `  less ${nearPath(path.join(home, 'workers.log'))}`,
    '  less examples/campaign.yaml',
  ]
  return lines.join('\n')
}
