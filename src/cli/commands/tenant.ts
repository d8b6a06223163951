import { type Command, Option } from 'commander'
import { AppError } from '../../core/errors.ts'
import { changeTenantLimits } from '../../jobs/change-limits.ts'
import { insertAudit } from '../../tenants/audit-store.ts'
import { defineTenantLimits, tenantLimitRange } from '../../tenants/limits.ts'
import {
  insertTenant,
  listTenants,
  setTenantLimits,
  setUnknownPolicy,
  type Tenant,
} from '../../tenants/store.ts'
import { accountName } from '../account-name.ts'
import { liftNone, type NumberOrNone, numberOrNone, withOutput } from '../options.ts'
import { type OutputOptions, print, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { addTenantPlanCommand } from './tenant-plan.ts'

const policies = ['never_resend', 'resend_if_absent'] as const satisfies Tenant['unknown_policy'][]

const setExamples = `
Examples:
  $ rookery tenant set acme --unknown-policy resend_if_absent
  $ rookery tenant set acme --daily-limit 20000 --provider-per-minute 60
  $ rookery tenant set acme --daily-limit none`

const createExamples = `
Examples:
  $ rookery tenant create acme --timezone Europe/Berlin
  $ rookery tenant create acme --daily-limit 20000 --provider-per-minute 60`

interface SetOptions extends OutputOptions {
  unknownPolicy?: Tenant['unknown_policy']
  dailyLimit?: NumberOrNone
  domainPerMinute?: NumberOrNone
  providerPerMinute?: NumberOrNone
}

export function addTenantCommands(program: Command): void {
  const group = program.command('tenant').description('Whose mailboxes, leads and campaigns these are.')
  withHandling(withOutput(group.command('create').argument('<name>')))
    .description('Create a tenant.')
    .option('--timezone <zone>', 'its IANA time zone', 'UTC')
    .addHelpText('after', createExamples)
    .action(create)
  withHandling(withOutput(group.command('set').argument('<name>')))
    .description('Change how its emails are handled.')
    .addHelpText('after', setExamples)
    .action(set)
  addTenantPlanCommand(group)
  withOutput(group.command('list')).description('List the tenants.').action(list)
}

const limit = numberOrNone(tenantLimitRange)

function withHandling(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--unknown-policy <policy>',
        'an email of unknown outcome that is not in its mailbox, though others are, goes out again or not',
      ).choices(policies),
    )
    .option('--daily-limit <n>', 'emails of all its mailboxes in a day of its zone; none lifts it', limit)
    .option('--domain-per-minute <n>', 'emails to one domain in any minute; none lifts it', limit)
    .option('--provider-per-minute <n>', 'emails to one provider in any minute; none lifts it', limit)
}

function limitsOf({ dailyLimit, domainPerMinute, providerPerMinute }: SetOptions) {
  const limits = defineTenantLimits({
    dailyLimit: liftNone(dailyLimit),
    domainPerMinute: liftNone(domainPerMinute),
    providerPerMinute: liftNone(providerPerMinute),
  })
  return { limits, limited: Object.values(limits).some((value) => value !== undefined) }
}

async function create(name: string, options: SetOptions & { timezone: string }): Promise<void> {
  const { unknownPolicy, timezone } = options
  const { limits, limited } = limitsOf(options)
  const tenant = await withDatabase(({ db }) =>
    db.transaction().execute(async (trx) => {
      const { id } = await insertTenant(trx, { name, timezone })
      if (unknownPolicy) await setUnknownPolicy(trx, id, unknownPolicy)
      if (limited) await setTenantLimits(trx, id, limits)
      return resolveTenant(trx, name)
    }),
  )
  print(present(tenant), options, () => `Created the tenant "${tenant.name}".`)
}

async function set(name: string, options: SetOptions): Promise<void> {
  const { unknownPolicy } = options
  const { limits, limited } = limitsOf(options)
  if (!unknownPolicy && !limited)
    throw new AppError('invalid_input', 'There is nothing to change: give an option.')
  const tenant = await withDatabase(async ({ db }) => {
    const before = await resolveTenant(db, name)
    await db.transaction().execute(async (trx) => {
      if (unknownPolicy) await setUnknownPolicy(trx, before.id, unknownPolicy)
      if (limited) await changeTenantLimits(trx, before.id, limits)
      const entity = { tenantId: before.id, entityType: 'tenant', entityId: before.id }
      const details = {
        ...(unknownPolicy && { unknownPolicy: { from: before.unknown_policy, to: unknownPolicy } }),
        ...(limited && { limits }),
      }
      await insertAudit(trx, { ...entity, actor: accountName(), action: 'tenant.changed', details })
    })
    return resolveTenant(db, name)
  })
  print(present(tenant), options, () => `Changed the tenant "${name}".`)
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
      'a day': (row) => row.dailyLimit,
      'a minute to a domain': (row) => row.domainPerMinute,
      'to a provider': (row) => row.providerPerMinute,
      created: (row) => row.createdAt,
    },
    'There is no tenant yet. Create one: rookery tenant create NAME',
  )
}

function present(row: Tenant) {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    timezone: row.timezone,
    unknownPolicy: row.unknown_policy,
    dailyLimit: row.daily_limit,
    domainPerMinute: row.domain_per_minute,
    providerPerMinute: row.provider_per_minute,
    createdAt: row.created_at,
  }
}
