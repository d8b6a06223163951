import type { Command } from 'commander'
import { readOwnConfig } from '../../app/config.ts'
import { assertMigrated, latestMigration, openDatabase } from '../../app/database.ts'
import { readFleetStatus } from '../fleet-status.ts'
import { describeStatus } from '../fleet-status-text.ts'
import { type TenantOptions, withOutput } from '../options.ts'
import { print } from '../output.ts'
import { resolveTenant } from '../session.ts'

const statementTimeoutMs = 5000

export function addStatusCommand(program: Command): void {
  withOutput(program.command('status'))
    .description('Show on one screen what the fleet does, what it waits for, and what needs somebody.')
    .option('--tenant <name>', 'only this tenant (default: all)')
    .action(status)
}

async function status(options: TenantOptions): Promise<void> {
  const config = readOwnConfig()
  const { schema } = config.database
  const database = await openDatabase(config, { applicationName: 'rookery status', statementTimeoutMs })
  try {
    await assertMigrated(database.db, schema)
    const tenant = options.tenant === undefined ? null : await resolveTenant(database.db, options.tenant)
    const migration = await latestMigration(database.db, schema)
    const result = await readFleetStatus(database, { name: schema, migration }, tenant?.id ?? null)
    print(result, options, (found) => describeStatus(found, process.stdout.columns))
  } finally {
    await database.close()
  }
}
