import { nearPath } from '../app/demo-fleet.ts'
import type { CampaignReport } from '../campaigns/report.ts'
import type { AccountComparison } from '../lab/demo-accounts.ts'
import type { AnswerComparison } from '../lab/demo-answer-account.ts'
import type { SecondAccount } from '../lab/demo-second.ts'
import type { SuppressionCount } from '../lab/demo-store.ts'
import { describeReport } from './campaign-figures.ts'
import { describeAnswers, describeSecond, describeSuppressions } from './demo-answers-report.ts'
import { type Counted, countedVerdict } from './demo-readers.ts'
import { describeSteps } from './funnel-figures.ts'
import type { LeadImportReport } from './lead-import.ts'
import { formatCount } from './output.ts'
import { renderTable } from './table.ts'

export interface DemoReport {
  report: CampaignReport
  imported: LeadImportReport
  lateDeliveries: { code: string; count: number }[]
  comparison: AccountComparison
  /** Emails that were in doubt, and were found in their mailboxes. */
  foundInSent: number
  counted: Counted
  complete: boolean
  answers: AnswerComparison
  suppressions: SuppressionCount[]
  second: SecondAccount & { name: string }
  watchedSeconds: number
  seconds: number
  tenant: string
}

export function describeCampaigns(demo: DemoReport): string {
  return [
    describeReport(demo.report),
    describeLate(demo.lateDeliveries),
    describeRejects(demo.imported),
    describeAnswers(demo.answers),
    describeSuppressions(demo.suppressions),
    describeSecond(demo.second),
    `What people did with "${demo.report.campaign}", by the lab's readers:\n${describeSteps(demo.counted.funnel)}`,
    describeComparison(demo),
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

function describeComparison({ comparison, foundInSent }: DemoReport): string {
  const { accepted, sent, unknownArrived, unknownLost, twice, missing, unexpected, suppressed } = comparison
  const rows: [number, string][] = [
    [accepted, 'messages accepted, by the mail provider'],
    [sent, 'sent, by our ledger'],
    [foundInSent, "of them in doubt at first, and found in their mailbox's Sent folder *"],
    ...ifAny(unknownArrived, 'unknown in our ledger, and arrived *'),
    ...ifAny(unknownLost, 'unknown in our ledger, and not arrived *'),
    [twice.length, 'accepted twice'],
    [missing.length, 'sent by our ledger, but not accepted'],
    [unexpected.length, 'accepted, but not sent by our ledger'],
    [suppressed.length, 'accepted for somebody who had asked not to be mailed'],
  ]
  const lines = rows.map(([count, words]) => `  ${count.toLocaleString('en').padStart(7)}  ${words}`)
  return ['Two accounts, held against each other by Message-ID:', ...lines, ...doubtNote].join('\n')
}

const ifAny = (count: number, words: string): [number, string][] => (count > 0 ? [[count, words]] : [])

const doubtNote = [
  '',
  '  * The connection was lost after the whole message had gone over, before the answer came. Nobody can tell',
  '    from here whether it was taken, so it is not sent again by itself, but looked for: never twice.',
]

/** Whether everything that the demo promises held. */
export function isGood({ complete, comparison, answers, second, counted }: DemoReport): boolean {
  return complete && comparison.agree && answers.agree && second.agree && counted.agree
}

/** A line for each promise, kept or not, and the time it took. */
export function campaignVerdict(demo: DemoReport): string[] {
  const { comparison, complete, report, answers, second, counted, watchedSeconds, seconds } = demo
  const { accepted, sent, unknownArrived, agree } = comparison
  const sum = `${accepted} accepted = ${sent} sent${unknownArrived > 0 ? ` + ${unknownArrived} unknown` : ''}`
  return [
    complete
      ? '✓ Every lead is accounted for.'
      : `✗ Not finished in time: ${report.leads.byEnd.waiting} leads still wait.`,
    agree ? `✓ The accounts agree: ${sum}.` : `✗ The accounts do not agree: ${sum} is what should be true.`,
    answers.agree
      ? `✓ Every answer was found once, and its lead ended as it asks: ${answers.made}.`
      : '✗ What came back is not what was sent back.',
    second.agree
      ? '✓ The second campaign mailed no suppressed lead.'
      : '✗ The second campaign did not skip just the suppressed leads.',
    ...countedVerdict(counted),
    `  ${seconds.toFixed(0)} s, ${watchedSeconds.toFixed(0)} s of them for the two campaigns and the wait between their emails.`,
  ]
}
