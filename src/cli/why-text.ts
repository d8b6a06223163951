import { untilWords } from '../why/email.ts'
import type { Explanation, Group } from '../why/facts.ts'
import { printable } from './printable.ts'

const shownGroups = 12

/** One screen for people. */
export function describeExplanation(found: Explanation): string {
  const { type, name, state, answer, causes, groups = [], details, parts = [] } = found
  const also = (groups.length > 0 ? [] : causes.slice(1)).map(
    (cause) => `Also${untilWords(cause)}: ${cause.words}.`,
  )
  const lines = [
    `${type} ${name}: ${state}`,
    answer,
    ...indent([...also, ...details]),
    ...describeGroups(groups),
    ...parts.flatMap((part) => [
      '',
      `${part.name}: ${part.state}`,
      ...indent([part.answer, ...part.details]),
    ]),
  ]
  return lines.map(printable).join('\n')
}

function describeGroups(groups: readonly Group[]): string[] {
  if (groups.length === 0) return []
  const shown = groups.slice(0, shownGroups).map((group) => {
    const first = group.until ? `the first${untilWords(group)}` : untilWords(group).trim()
    return `${group.count.toLocaleString('en').padStart(9)}  ${group.words}${first ? `; ${first}` : ''}`
  })
  const more =
    groups.length > shownGroups ? [`           and ${groups.length - shownGroups} more reasons`] : []
  return ['', 'What they wait for:', ...shown, ...more]
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
