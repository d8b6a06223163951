type Cell = string | number | Date | null

/**
 * A file of CSV (RFC 4180): a header, and a line for each row with the same columns, each ended by CRLF. A text that a spreadsheet
 * would take for a formula has a single quote before it (OWASP, CSV Injection).
 */
export function renderCsv(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Cell>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => quoted(format(row[column] ?? null))).join(','))
  return [columns.join(','), ...lines].map((line) => `${line}\r\n`).join('')
}

function format(cell: Cell): string {
  if (cell === null) return ''
  if (cell instanceof Date) return cell.toISOString()
  return typeof cell === 'string' && formula.test(cell) ? `'${cell}` : String(cell)
}

// Besides the four signs and their full-width forms: tab and line ends, which some spreadsheets pass over.
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
