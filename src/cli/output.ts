import { renderTable, type Table } from './table.ts'

export interface OutputOptions {
  json?: boolean
}

/** One JSON value for programs, or what `text` makes of it for people. */
export function print<T>(value: T, options: OutputOptions, text: (value: T) => string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value, undefined, 2) : text(value)}\n`)
}

/** As `print`, as a table; `empty` is the sentence for no rows. */
export function printTable<T>(
  rows: readonly T[],
  options: OutputOptions,
  columns: Table<T>,
  empty: string,
): void {
  print(rows, options, () => (rows.length === 0 ? empty : renderTable(rows, columns)))
}

export function formatNumber(count: number): string {
  return count.toLocaleString('en')
}

export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`
}

/** A share in per cent with one decimal; of nothing it is none. */
export function formatShare(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(1)} %`
}
