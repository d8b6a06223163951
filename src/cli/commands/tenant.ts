import type { Command } from 'commander'
import { insertTenant, listTenants, type Tenant } from '../../tenants/store.ts'
import { withOutput } from '../options.ts'
import { type OutputOptions, print, printTable } from '../output.ts'
import { withDatabase } from '../session.ts'

export function addTenantCommands(program: Command): void {
  const group = program.command('tenant').description('Whose mailboxes, leads and campaigns these are.')
  withOutput(group.command('create').argument('<name>'))
    .description('Create a tenant.')
    .option('--timezone <zone>', 'its IANA time zone', 'UTC')
    .addHelpText('after', '\nExample:\n  $ rookery tenant create acme --timezone Europe/Berlin')
    .action(create)
  withOutput(group.command('list')).description('List the tenants.').action(list)
}

async function create(name: string, options: OutputOptions & { timezone: string }): Promise<void> {
  const tenant = await withDatabase(({ db }) => insertTenant(db, { name, timezone: options.timezone }))
  print(present(tenant), options, () => `Created the tenant "${tenant.name}".`)
}

async function list(options: OutputOptions): Promise<void> {
  const tenants = await withDatabase(({ db }) => listTenants(db))
  printTable(
    tenants.map(present),
    options,
    {
      tenant: (row) => row.name,
      status: (row) => row.status,
      timezone: (row) => row.timezone,
      created: (row) => row.createdAt,
    },
    'There is no tenant yet. Create one: rookery tenant create NAME',
  )
}

function present({ id, name, status, timezone, created_at }: Tenant) {
  return { id, name, status, timezone, createdAt: created_at }
}
