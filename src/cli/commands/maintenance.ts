import type { Command } from 'commander'
import { listPrunable, type Prunable, prune } from '../../jobs/maintenance/prune.ts'
import { withOutput } from '../options.ts'
import { formatCount, type OutputOptions, print } from '../output.ts'
import { withDatabase } from '../session.ts'
import { renderTable } from '../table.ts'

export function addMaintenanceCommands(program: Command): void {
  const group = program.command('maintenance').description('What the scheduler does every night, by hand.')
  withOutput(group.command('prune'))
    .description('Delete what is kept no longer.')
    .option('--dry-run', 'delete nothing, print what would go')
    .addHelpText(
      'after',
      `
Each kind has a turn of 1,000 rows after the other, and of a tenant that keeps its events for a shorter time at most 200,000 go at a time:
what is left goes the next time. A dry run prints the numbers of the run.`,
    )
    .action(run)
}

async function run({ dryRun, ...output }: OutputOptions & { dryRun?: boolean }): Promise<void> {
  const rows = await withDatabase(({ db, config }) => {
    const room = { db, retention: config.retention }
    return dryRun ? listPrunable(room) : prune(room, new AbortController().signal)
  })
  print(rows, output, () => describe(rows, dryRun ?? false))
}

function describe(rows: readonly Prunable[], dryRun: boolean): string {
  const table = renderTable(rows, {
    what: (row) => row.what,
    'kept for': (row) => row.keptFor,
    [dryRun ? 'would go' : 'went']: (row) => row.rows,
    '': (row) => (row.finished ? '' : 'more the next time'),
  })
  const all = rows.reduce((sum, row) => sum + row.rows, 0)
  return `${table}\n${dryRun ? 'Would delete' : 'Deleted'} ${formatCount(all, 'row')}.`
}
