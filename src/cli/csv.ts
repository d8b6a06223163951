type Cell = string | number | Date | null

/** Lines of CSV (RFC 4180) with a header, in the order of the first row's keys. */
export function renderCsv(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Cell>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => quoted(format(row[column] ?? null))).join(','))
  return [columns.join(','), ...lines].join('\n')
}

function format(cell: Cell): string {
  if (cell === null) return ''
  return cell instanceof Date ? cell.toISOString() : String(cell)
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
