import type { Command } from 'commander'
import { listPrunable, prune } from '../../jobs/maintenance/prune.ts'
import { withOutput } from '../options.ts'
import { type OutputOptions, print } from '../output.ts'
import { describePrunable } from '../prune-text.ts'
import { withDatabase } from '../session.ts'

export function addMaintenanceCommands(program: Command): void {
  const group = program.command('maintenance').description('What the scheduler does every night, by hand.')
  withOutput(group.command('prune'))
    .description('Delete what is kept no longer.')
    .option('--dry-run', 'delete nothing, print what would go')
    .addHelpText(
      'after',
      `
Each kind has a turn of 1,000 rows after the other, and of a tenant that keeps its events for a shorter time at most 200,000 go at a time:
what is left goes the next time. A dry run prints the numbers of the run. Completed jobs
are not counted: the queue deletes those itself.`,
    )
    .action(run)
}

async function run({ dryRun, ...output }: OutputOptions & { dryRun?: boolean }): Promise<void> {
  const rows = await withDatabase(({ db, config }) => {
    const room = { db, retention: config.retention }
    return dryRun ? listPrunable(room) : prune(room, new AbortController().signal)
  })
  print(rows, output, () => describePrunable(rows, dryRun ?? false))
}
