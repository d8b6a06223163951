import type { AnswerComparison, AnswerRow } from '../lab/demo-answer-account.ts'
import type { AnswerKind } from '../lab/demo-answers.ts'
import type { SecondAccount } from '../lab/demo-second.ts'
import type { SuppressionCount } from '../lab/demo-store.ts'
import { renderTable } from './table.ts'

const words: Record<AnswerKind, string> = {
  hard: 'hard bounce',
  soft: 'soft bounce',
  delayed: 'delay',
  complaint: 'complaint',
  out_of_office: 'out of office',
  auto_reply: 'automatic reply',
  unsubscribe: 'unsubscribe',
  reply: 'human reply',
}

/** What the recipients sent back, and what was made of it. */
export function describeAnswers(answers: AnswerComparison): string {
  const table = renderTable(answers.rows, {
    made: (row) => row.made,
    found: (row) => row.found,
    as: (row) => words[row.kind],
    'what it was': (row) => row.format,
    'their leads': endsOf,
  })
  return ['What came back to the four mailboxes, and was found there:', table, '', ...notesOn(answers)].join(
    '\n',
  )
}

const endsOf = ({ ends }: AnswerRow): string =>
  Object.entries(ends)
    .map(([end, count]) => `${count} ${end}`)
    .join(', ')

function notesOn({ mailedBefore, mailedAfter, missing, surplus, wrongEnds }: AnswerComparison): string[] {
  const rows: [number, string][] = [
    [mailedAfter.length, 'got their next email after their answer had been read'],
    [mailedBefore, 'got it before, since their answer came late'],
    [surplus, 'messages matched to nobody, or to the wrong one'],
  ]
  const counts = rows.map(([count, text]) => `  ${String(count).padStart(7)}  ${text}`)
  const faults = [
    ...listFault('not found', missing),
    ...listFault('did not end as they should', wrongEnds),
    ...listFault('mailed too late', mailedAfter),
  ]
  return [...counts, ...faults]
}

const listFault = (what: string, who: readonly string[]) =>
  who.length > 0 ? [`  ✗ ${what}: ${who.join(', ')}`] : []

export function describeSuppressions(suppressions: readonly SuppressionCount[]): string {
  const table = renderTable(suppressions, {
    suppressed: (row) => row.count,
    source: (row) => row.source,
    reason: (row) => row.reason,
  })
  return `Who is not mailed any more:\n${table}`
}

export function describeSecond(second: SecondAccount & { name: string }): string {
  const reasons = Object.entries(second.suppressed)
  const skipped = reasons.reduce((sum, [, count]) => sum + count, 0)
  const why = reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')
  return [
    `Second campaign, "${second.name}": ${second.leads} leads, ${skipped} skipped: suppressed`,
    `  (${why})`,
    `  ${String(second.sent).padStart(7)}  sent, by our ledger`,
    `  ${String(second.mailedAgain.length).padStart(7)}  accepted by the provider for somebody who is suppressed`,
    ...listFault('mailed all the same', second.mailedAgain),
    ...listFault('not skipped', second.notSkipped),
    ...listFault('skipped for no reason', second.wronglySkipped),
  ].join('\n')
}
