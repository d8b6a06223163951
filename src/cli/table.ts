import { printable } from './printable.ts'
import { clip, widthOf } from './text-width.ts'

type Cell = string | number | Date | null | undefined

/** Heading → what stands under it; what stands under '' may be blank. */
export type Table<T> = Readonly<Record<string, (row: T) => Cell>>

interface TableLimit {
  /** Columns of the terminal; undefined: there is none, and nothing is cut. */
  width: number | undefined
  /** The column that gives way where a line would be longer. */
  clipped?: string
  /** Columns for which there is no room stand in further tables below, each with the first column. */
  folded?: boolean
}

interface Column {
  heading: string
  cells: string[]
  width: number
  right: boolean
}

/** Columns aligned for people, figures to the right; no borders, so that it can be cut and grepped. */
export function renderTable<T>(rows: readonly T[], table: Table<T>, limit?: TableLimit): string {
  const columns = Object.entries(table).map(([heading, read]): Column => {
    const values = rows.map(read)
    const cells = values.map((value) => (isMissing(value) ? missing(heading) : format(value)))
    return { heading, cells, width: widest([heading, ...cells]), right: areFigures(values) }
  })
  if (limit?.width && limit.clipped !== undefined) clipColumn(columns, limit.clipped, limit.width)
  const tables = limit?.width && limit.folded ? fold(columns, limit.width) : [columns]
  return tables.map((shown) => renderColumns(shown, rows.length)).join('\n\n')
}

function renderColumns(columns: readonly Column[], rows: number): string {
  const line = (pick: (column: Column) => string) =>
    columns
      .map((column) => pad(pick(column), column.width, column.right))
      .join('  ')
      .trimEnd()
  return [
    line((column) => column.heading),
    ...Array.from({ length: rows }, (_, index) => line((column) => column.cells[index] ?? '')),
  ].join('\n')
}

function clipColumn(columns: readonly Column[], heading: string, terminalWidth: number): void {
  const column = columns.find((candidate) => candidate.heading === heading)
  if (!column) return
  const room = Math.max(widthOf(heading), leastClipped, terminalWidth - widthOfLine(columns) + column.width)
  if (column.width <= room) return
  column.cells = column.cells.map((cell) => clip(cell, room))
  column.width = widest([heading, ...column.cells])
}

// Less of a sentence says nothing: then the line is too long.
const leastClipped = 16

function fold([first, ...others]: readonly Column[], terminalWidth: number): Column[][] {
  if (!first) return []
  const tables = [[first]]
  for (const column of others) {
    const last = tables.at(-1) ?? []
    if (last.length > 1 && widthOfLine([...last, column]) > terminalWidth) tables.push([first, column])
    else last.push(column)
  }
  return tables
}

const gap = 2

const widthOfLine = (columns: readonly Column[]): number =>
  columns.reduce((sum, { width }) => sum + width, gap * (columns.length - 1))

const widest = (texts: readonly string[]): number => Math.max(...texts.map(widthOf))

// A count, a share, or a count with its share or with what was allowed.
const figure = /^-?\d[\d,]*(\.\d+)?( %)?( of \d[\d,]*)?( \([\d,.]+ %\))?$/

function areFigures(values: readonly Cell[]): boolean {
  const there = values.filter((value) => !isMissing(value))
  const isFigure = (value: Cell) =>
    typeof value === 'number' || (typeof value === 'string' && figure.test(value))
  return there.length > 0 && there.every(isFigure)
}

const isMissing = (value: Cell): value is null | undefined | '' =>
  value === null || value === undefined || value === ''

const missing = (heading: string): string => (heading === '' ? '' : '-')

function format(value: string | number | Date): string {
  if (typeof value === 'number') return value.toLocaleString('en')
  if (value instanceof Date) return `${value.toISOString().slice(0, 16).replace('T', ' ')}Z`
  return printable(value)
}

function pad(cell: string, width: number, right: boolean): string {
  const blank = ' '.repeat(Math.max(0, width - widthOf(cell)))
  return right ? blank + cell : cell + blank
}
