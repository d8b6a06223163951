import type { Command } from 'commander'
import { readOwnConfig } from '../../app/config.ts'
import { migrateAll } from '../../app/migrate.ts'
import { withOutput } from '../options.ts'
import { formatCount, type OutputOptions, print } from '../output.ts'

export function addMigrateCommand(program: Command): void {
  withOutput(program.command('migrate'))
    .description('Create or update the tables, the event partitions and the queues.')
    .addHelpText(
      'after',
      '\nIt may be run at any time and by several processes at once: what stands is left alone.',
    )
    .action(migrate)
}

async function migrate(options: OutputOptions): Promise<void> {
  const config = readOwnConfig()
  const results = await migrateAll(config)
  const applied = results
    .filter((result) => result.status === 'Success')
    .map((result) => result.migrationName)
  print({ schema: config.database.schema, applied }, options, () =>
    applied.length === 0
      ? `The schema "${config.database.schema}" is up to date.`
      : `Applied ${formatCount(applied.length, 'migration')} to the schema "${config.database.schema}": ${applied.join(', ')}.`,
  )
}
