import { printable } from './printable.ts'

type Cell = string | number | Date | null | undefined

/** Heading → what stands under it. */
export type Table<T> = Readonly<Record<string, (row: T) => Cell>>

/** Columns aligned for people, numbers to the right; no borders, so that it can be cut and grepped. */
export function renderTable<T>(rows: readonly T[], table: Table<T>): string {
  const columns = Object.entries(table).map(([heading, read]) => {
    const values = rows.map(read)
    const cells = values.map(format)
    const width = Math.max(...[heading, ...cells].map(widthOf))
    const right = values.every((value) => typeof value === 'number')
    return { heading, cells, pad: (cell: string) => pad(cell, width, right) }
  })
  const line = (pick: (column: (typeof columns)[number]) => string) =>
    columns
      .map((column) => column.pad(pick(column)))
      .join('  ')
      .trimEnd()
  return [
    line((column) => column.heading),
    ...rows.map((_row, index) => line((column) => column.cells[index] ?? '')),
  ].join('\n')
}

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
