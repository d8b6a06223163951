import type { Difference, Figure } from '../analytics/difference-store.ts'
import { renderTable } from './table.ts'

/** A line for each figure that differs. */
export function describeDifferences(
  differences: readonly Difference[],
  names: ReadonlyMap<string, string>,
): string {
  if (differences.length === 0) return 'All that is stored is what it is derived from.'
  const name = (id: string | null) => (id === null ? null : (names.get(id) ?? id))
  return renderTable(differences.flatMap(byColumn), {
    table: (row) => row.what,
    day: (row) => row.date ?? 'all',
    tenant: (row) => name(row.tenantId),
    campaign: (row) => name(row.campaignId),
    mailbox: (row) => name(row.mailboxId),
    email: (row) => row.emailId,
    figure: (row) => row.column,
    stored: (row) => row.stored,
    computed: (row) => row.computed,
  })
}

function byColumn({ stored, computed, ...of }: Difference) {
  return Object.keys({ ...stored, ...computed })
    .map((column) => {
      const [one, other] = [stored?.[column], computed?.[column]]
      return { ...of, column, stored: figureOf(one, other), computed: figureOf(other, one) }
    })
    .filter((row) => row.stored !== row.computed)
}

/** Where there is no row, a count is 0. */
function figureOf(figure: Figure | undefined, beside: Figure | undefined): Figure {
  return figure === undefined ? (typeof beside === 'number' ? 0 : null) : figure
}
