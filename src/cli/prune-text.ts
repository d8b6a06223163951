import type { Prunable } from '../jobs/maintenance/prune.ts'
import { formatCount } from './output.ts'
import { renderTable } from './table.ts'

/** What went, or would go in a dry run, kind by kind. */
export function describePrunable(rows: readonly Prunable[], dryRun: boolean): string {
  const table = renderTable(rows, {
    what: (row) => row.what,
    'kept for': (row) => row.keptFor,
    [dryRun ? 'would go' : 'went']: (row) => row.rows,
    '': (row) => (row.finished ? '' : 'more the next time'),
  })
  const all = rows.reduce((sum, row) => sum + row.rows, 0)
  const sum = `${dryRun ? 'Would delete' : 'Deleted'} ${formatCount(all, 'row')}.`
  return `${table}\n${sum}\nCompleted jobs are not among them: the queue deletes those itself.`
}
