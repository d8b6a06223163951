import type { Command } from 'commander'
import { listPrunable, type Prunable, prune } from '../../jobs/maintenance/prune.ts'
import { withOutput } from '../options.ts'
import { formatCount, type OutputOptions, print, printTable } from '../output.ts'
import { withDatabase } from '../session.ts'

export function addMaintenanceCommands(program: Command): void {
  const group = program.command('maintenance').description('What the scheduler does every night, by hand.')
  withOutput(group.command('prune'))
    .description('Delete what is kept no longer.')
    .option('--dry-run', 'delete nothing, print what would go')
    .action(run)
}

async function run(options: OutputOptions & { dryRun?: boolean }): Promise<void> {
  if (options.dryRun) return preview(options)
  const deleted = await withDatabase(({ db, config }) =>
    prune({ db, retention: config.retention }, new AbortController().signal),
  )
  print({ deleted }, options, () => `Deleted ${formatCount(deleted, 'row')}.`)
}

async function preview(options: OutputOptions): Promise<void> {
  const prunable = await withDatabase(({ db, config }) => listPrunable({ db, retention: config.retention }))
  const columns = {
    what: (row: Prunable) => row.what,
    'kept for': (row: Prunable) => row.keptFor,
    'would go': (row: Prunable) => row.rows,
  }
  printTable(prunable, options, columns, 'Nothing is kept for a time.')
}
