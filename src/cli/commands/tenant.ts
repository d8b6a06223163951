import { type Command, Option } from 'commander'
import { insertAudit } from '../../tenants/audit-store.ts'
import { insertTenant, listTenants, setUnknownPolicy, type Tenant } from '../../tenants/store.ts'
import { accountName } from '../account-name.ts'
import { withOutput } from '../options.ts'
import { type OutputOptions, print, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

const policies = ['never_resend', 'resend_if_absent'] as const satisfies Tenant['unknown_policy'][]

export function addTenantCommands(program: Command): void {
  const group = program.command('tenant').description('Whose mailboxes, leads and campaigns these are.')
  withOutput(group.command('create').argument('<name>'))
    .description('Create a tenant.')
    .option('--timezone <zone>', 'its IANA time zone', 'UTC')
    .addHelpText('after', '\nExample:\n  $ rookery tenant create acme --timezone Europe/Berlin')
    .action(create)
  withOutput(group.command('set').argument('<name>'))
    .description('Change how its emails are handled.')
    .addOption(
      new Option(
        '--unknown-policy <policy>',
        'an email of unknown outcome that is not in its mailbox, though others are, goes out again or not',
      )
        .choices(policies)
        .makeOptionMandatory(),
    )
    .addHelpText('after', '\nExample:\n  $ rookery tenant set acme --unknown-policy resend_if_absent')
    .action(set)
  withOutput(group.command('list')).description('List the tenants.').action(list)
}

async function create(name: string, options: OutputOptions & { timezone: string }): Promise<void> {
  const tenant = await withDatabase(({ db }) => insertTenant(db, { name, timezone: options.timezone }))
  print(present(tenant), options, () => `Created the tenant "${tenant.name}".`)
}

async function set(
  name: string,
  options: OutputOptions & { unknownPolicy: Tenant['unknown_policy'] },
): Promise<void> {
  const { unknownPolicy: to } = options
  const tenant = await withDatabase(async ({ db }) => {
    const { id, unknown_policy: from } = await resolveTenant(db, name)
    await db.transaction().execute(async (trx) => {
      await setUnknownPolicy(trx, id, to)
      const entity = { tenantId: id, entityType: 'tenant', entityId: id }
      const details = { unknownPolicy: { from, to } }
      await insertAudit(trx, { ...entity, actor: accountName(), action: 'tenant.changed', details })
    })
    return resolveTenant(db, name)
  })
  print(present(tenant), options, () => `The tenant "${name}" has the policy ${to} now.`)
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
      'unknown emails': (row) => row.unknownPolicy,
      created: (row) => row.createdAt,
    },
    'There is no tenant yet. Create one: rookery tenant create NAME',
  )
}

function present({ id, name, status, timezone, unknown_policy, created_at }: Tenant) {
  return { id, name, status, timezone, unknownPolicy: unknown_policy, createdAt: created_at }
}
