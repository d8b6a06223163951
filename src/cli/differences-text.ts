import type { Figure } from '../analytics/difference-store.ts'
import type { NamedDifference } from '../analytics/name-store.ts'
import { formatCount } from './output.ts'
import { printable } from './printable.ts'
import { stepLabel } from './step-label.ts'
import { renderTable } from './table.ts'
import { clipEvenly, widthOf } from './text-width.ts'

interface Shown {
  /** Columns of the terminal; undefined: there is none. */
  width?: number | undefined
  /** How many of a kind an audit finds at most. */
  most: number
}

/** The figures that differ: one table of whole lines, or on a terminal, where names are clipped, one for each kind. */
export function describeDifferences(differences: readonly NamedDifference[], { width, most }: Shown): string {
  if (differences.length === 0) return 'All that is stored is what it is derived from.'
  const kinds = [...Map.groupBy(differences, kindOf)]
  const tables =
    width === undefined
      ? describeWhole(differences)
      : kinds.map(([kind, found]) => `${kind}\n\n${describeKind(found, width)}`).join('\n\n')
  return `${tables}\n\n${describeSum(kinds, most)}`
}

const kindOf = ({ what, comparedWith }: NamedDifference): string => `${what}, compared with ${comparedWith}`

function describeWhole(differences: readonly NamedDifference[]): string {
  return renderTable(differences.flatMap(byFigure), {
    table: (row) => row.what,
    'compared with': (row) => row.comparedWith,
    day: (row) => row.date ?? 'all',
    tenant: (row) => row.tenant ?? row.tenantId,
    campaign: (row) => row.campaign ?? row.campaignId,
    step: (row) => stepOf(row),
    variant: (row) => row.variant,
    mailbox: (row) => row.mailbox ?? row.mailboxId,
    email: (row) => row.emailId,
    figure: (row) => row.figure,
    stored: (row) => row.stored,
    computed: (row) => row.computed,
  })
}

const stepOf = ({ stepId, step }: Pick<NamedDifference, 'stepId' | 'step'>): string | null =>
  step ? stepLabel({ ...step, variant: null }) : stepId

/** A line that says of what, and below it a line for each of its figures. */
function describeKind(differences: readonly NamedDifference[], width: number): string {
  const table = renderTable(differences.flatMap(byFigure), {
    figure: (row) => row.figure,
    stored: (row) => row.stored,
    computed: (row) => row.computed,
  })
  const [heading = '', ...figures] = table.split('\n').map((line) => `  ${line}`)
  const lines = differences.flatMap((of) => [
    describeWhose(of, width),
    ...figures.splice(0, byFigure(of).length),
  ])
  return [heading, ...lines].join('\n')
}

const separator = ' · '

function describeWhose(of: NamedDifference, width: number): string {
  const step = stepOf(of)
  const names = [
    of.tenant ?? of.tenantId,
    of.campaign ?? of.campaignId,
    step && `step ${step}`,
    of.mailbox ?? of.mailboxId,
  ]
    .filter((name) => name !== null)
    .map(printable)
  const whole = [of.date ?? 'all days', of.variant && `variant ${of.variant}`, of.emailId].filter(
    (text) => text !== null,
  )
  const taken = whole.reduce((sum, text) => sum + widthOf(text), 0)
  const room = width - taken - separator.length * (names.length + whole.length - 1)
  const [day = '', ...others] = whole
  return [day, ...clipEvenly(names, room), ...others].join(separator)
}

function byFigure({ stored, computed, ...of }: NamedDifference) {
  const lines = Object.keys({ ...stored, ...computed })
    .map((figure) => {
      const [one, other] = [stored?.[figure], computed?.[figure]]
      return { ...of, figure, stored: figureOf(one, other), computed: figureOf(other, one) }
    })
    .filter((row) => row.stored !== row.computed)
  const there = (row: unknown) => (row === null ? 'missing' : 'there')
  return lines.length > 0
    ? lines
    : [{ ...of, figure: 'the row', stored: there(stored), computed: there(computed) }]
}

/** Where there is no row, a count is 0. */
function figureOf(figure: Figure | undefined, beside: Figure | undefined): Figure {
  return figure === undefined ? (typeof beside === 'number' ? 0 : null) : figure
}

/** How much differs, whether that is all, and what to do. */
function describeSum(
  kinds: readonly (readonly [string, readonly NamedDifference[]])[],
  most: number,
): string {
  const found = kinds.flatMap(([, differences]) => differences)
  const figures = found.flatMap(byFigure).length
  const isLedger = ({ comparedWith }: NamedDifference) => comparedWith === 'ledger'
  return [
    `${formatCount(figures, 'figure')} of ${formatCount(found.length, 'row')} ${figures === 1 ? 'differs' : 'differ'}.`,
    ...kinds
      .filter(([, differences]) => differences.length >= most)
      .map(([kind]) => `Only the first ${most} of this kind are shown, there may be more:\n  ${kind}`),
    ...(found.every(isLedger) ? [] : [rebuildAdvice]),
    ...(found.some(isLedger) ? [ledgerAdvice] : []),
  ].join('\n')
}

const rebuildAdvice =
  'rookery analytics rebuild computes days and campaigns again, and gives emails\nthe first facts that their events tell of; months follow within the hour.'
const ledgerAdvice =
  'Days that differ from the ledger alone lack an event of an email that was\nsent: a rebuild does not bring it back.'
