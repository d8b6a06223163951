import type { WarmupScene } from './demo-warmup.ts'
import type { SceneDay, SceneMailbox } from './demo-warmup-figures.ts'
import { formatNumber } from './output.ts'
import { renderTable } from './table.ts'
import { drawDay } from './warmup-report.ts'

/** What came of the weeks, in no more than 80 columns. */
export function describeWarmup({ days, mailboxes }: WarmupScene): string {
  return [
    'What all eight sent on each day, against what their ramps allow:',
    describeDays(days),
    '',
    'Where it landed, by the provider of those who got it:',
    describePlacement(mailboxes),
    '',
    'The mailboxes after their last day:',
    describeMailboxes(mailboxes),
  ].join('\n')
}

const barWidth = 36

function describeDays(days: readonly SceneDay[]): string {
  const most = Math.max(...days.map(({ maySend, sent }) => Math.max(maySend, sent)))
  const table = renderTable(days, {
    day: (row) => row.day,
    curve: (row) => row.ramp,
    'may send': (row) => row.maySend,
    sent: (row) => row.sent,
    answers: (row) => row.answers,
    Junk: (row) => row.junk,
    '': (row) => drawDay({ cap: row.maySend, warmupSent: row.sent, campaignSent: 0 }, most, barWidth),
  })
  return `${table}\n${barLegend}`
}

const barLegend = '     █ sent  ░ left over: nobody left to write to  ! beyond the ramps'

function describePlacement(mailboxes: readonly SceneMailbox[]): string {
  const providers = Map.groupBy(mailboxes, ({ provider }) => provider)
  const rows = [...providers].map(([provider, members]) => {
    const sum = (read: (row: SceneMailbox) => number) => members.reduce((total, row) => total + read(row), 0)
    return {
      provider,
      got: sum((row) => row.received),
      junk: sum((row) => row.junkReceived),
      rescued: sum((row) => row.rescued),
    }
  })
  return renderTable(rows, {
    'receivers at': (row) => row.provider,
    inbox: (row) => row.got - row.junk,
    Junk: (row) => row.junk,
    'in Junk': (row) => share(row.junk, row.got),
    rescued: (row) => row.rescued,
  })
}

function describeMailboxes(mailboxes: readonly SceneMailbox[]): string {
  return renderTable(mailboxes, {
    mailbox: (row) => row.mailbox,
    tenant: (row) => row.tenant,
    at: (row) => row.provider,
    sent: (row) => row.sent,
    answers: (row) => row.answers,
    'in Junk': (row) => share(row.junk, row.sent),
    health: (row) => row.health,
    score: (row) => row.reputation,
  })
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * part) / whole).toFixed(0)} %`.padStart(5)

const shownFaults = 5

/** A line for each thing that has to hold, and below it what does not. */
export function warmupVerdict({ checks, seconds }: WarmupScene): string[] {
  const lines = checks.flatMap(({ words, faults }) => {
    if (faults.length === 0) return [`✓ ${words}`]
    const more = faults.length - shownFaults
    return [
      `✗ Not so: ${words}`,
      ...faults.slice(0, shownFaults).map((fault) => `    ${fault}`),
      ...(more > 0 ? [`    and ${formatNumber(more)} more`] : []),
    ]
  })
  return [...lines, `  ${seconds.toFixed(0)} s.`]
}
