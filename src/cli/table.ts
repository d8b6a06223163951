import { printable } from './printable.ts'

type Cell = string | number | Date | null | undefined

/** Heading → what stands under it. */
export type Table<T> = Readonly<Record<string, (row: T) => Cell>>

interface TableLimit {
  /** Columns of the terminal; undefined: there is none, and nothing is cut. */
  width: number | undefined
  /** The column that gives way where a line would be longer. */
  clipped: string
}

/** Columns aligned for people, numbers to the right; no borders, so that it can be cut and grepped. */
export function renderTable<T>(rows: readonly T[], table: Table<T>, limit?: TableLimit): string {
  const columns = Object.entries(table).map(([heading, read]) => {
    const values = rows.map(read)
    const cells = values.map(format)
    const width = widest([heading, ...cells])
    return { heading, cells, width, right: values.every((value) => typeof value === 'number') }
  })
  if (limit?.width) clipColumn(columns, limit.clipped, limit.width)
  const line = (pick: (column: (typeof columns)[number]) => string) =>
    columns
      .map((column) => pad(pick(column), column.width, column.right))
      .join('  ')
      .trimEnd()
  return [
    line((column) => column.heading),
    ...rows.map((_row, index) => line((column) => column.cells[index] ?? '')),
  ].join('\n')
}

interface Column {
  heading: string
  cells: string[]
  width: number
}

function clipColumn(columns: readonly Column[], heading: string, terminalWidth: number): void {
  const column = columns.find((candidate) => candidate.heading === heading)
  if (!column) return
  const others = columns.reduce((sum, { width }) => sum + width, 2 * (columns.length - 1)) - column.width
  const room = Math.max(widthOf(heading), leastClipped, terminalWidth - others)
  if (column.width <= room) return
  column.cells = column.cells.map((cell) => clip(cell, room))
  column.width = widest([heading, ...column.cells])
}

// Less of a sentence says nothing: then the line is too long.
const leastClipped = 16

function clip(text: string, room: number): string {
  if (widthOf(text) <= room) return text
  let kept = ''
  let width = 1 // the ellipsis
  for (const { segment } of segmenter.segment(text)) {
    width += widthOf(segment)
    if (width > room) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

const widest = (texts: readonly string[]): number => Math.max(...texts.map(widthOf))

function format(value: Cell): string {
  if (value === null || value === undefined || value === '') return '-'
  if (typeof value === 'number') return value.toLocaleString('en')
  if (value instanceof Date) return `${value.toISOString().slice(0, 16).replace('T', ' ')}Z`
  return printable(value)
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
// East Asian wide and fullwidth forms, and emoji, take two columns of a terminal.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u

function widthOf(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

function pad(cell: string, width: number, right: boolean): string {
  const gap = ' '.repeat(Math.max(0, width - widthOf(cell)))
  return right ? gap + cell : cell + gap
}
