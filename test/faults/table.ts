import { clocksCanJump } from './fleet.ts'
import type { FaultRunResult } from './run.ts'

/** As Markdown, fit to be published. */
export function renderTable(result: FaultRunResult): string {
  const { verdict, faults, sessions, problems } = result
  const { unknown } = verdict
  const rows: [string, string | number][] = [
    ['seed', result.seed],
    ['minutes', Number((result.seconds / 60).toFixed(1))],
    ['faults injected', result.injected],
    ['emails in the ledger', verdict.emails],
    ['accepted by the receiving side', verdict.accepted],
    ...Object.entries(verdict.byStatus).map(([status, n]): [string, number] => [`of them ${status}`, n]),
    ['**duplicates**', verdict.duplicates.length],
    ['**lost**', verdict.lost.length],
    ['**over cap**', verdict.overCap.length],
    ['caps that were reached', verdict.atCap],
    ['in doubt at some time', unknown.ever],
    ['could have been: connections open at each fault, answers withheld', result.atRisk],
    ['resolved', unknown.resolved],
    ['in Sent, but not found', unknown.missed],
    ['never accepted, and left to an operator, by why', wordsOf(unknown.left)],
    ['processes that ended by themselves, by exit code', wordsOf(result.failures)],
    [
      'at rest after',
      result.restedAfterSeconds ? `${result.restedAfterSeconds.toFixed(0)} s` : 'not in time',
    ],
  ]
  const kinds = Object.entries(faults).sort(([, a], [, b]) => b - a)
  return [
    '| figure | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${value.toLocaleString('en')} |`),
    '',
    '| fault | times |',
    '| --- | --- |',
    ...kinds.map(([kind, times]) => `| ${kind} | ${times} |`),
    '',
    `Sessions in which the provider misbehaved: ${wordsOf(sessions)}.`,
    ...(clocksCanJump ? [] : ['No clock jumped: libfaketime is not installed.']),
    ...problems.slice(0, 50).map((problem) => `- ${problem}`),
    ...(result.logs ? [`Logs: ${result.logs}`] : []),
  ].join('\n')
}

function wordsOf(counts: Record<string, number>): string {
  return (
    Object.entries(counts)
      .map(([what, times]) => `${what} ${times}`)
      .join(', ') || 'none'
  )
}
