import type { Command } from 'commander'
import { normaliseAddress } from '../../core/email-address.ts'
import { AppError } from '../../core/errors.ts'
import {
  findSuppressions,
  insertSuppressions,
  listSuppressions,
  type NewSuppression,
  type Suppression,
} from '../../suppression/store.ts'
import { type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { print, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

export function addSuppressionCommands(program: Command): void {
  const group = program.command('suppressions').description('Addresses and domains that are never mailed.')
  withTenant(withOutput(group.command('add').argument('<address-or-domain...>')))
    .description('Never mail these again.')
    .option('--reason <text>', 'why', 'added by hand')
    .addHelpText(
      'after',
      '\nExample:\n  $ rookery suppressions add ada@acorn.test oak.test --reason "asked by phone"',
    )
    .action(add)
  withTenant(withOutput(group.command('list')))
    .description('List them, newest first.')
    .option('--limit <n>', 'how many', wholeNumber, 100)
    .action(list)
  withTenant(withOutput(group.command('check').argument('<address>')))
    .description('Say whether an address may be mailed, and if not, why.')
    .action(check)
}

async function add(values: string[], options: TenantOptions & { reason: string }): Promise<void> {
  const suppressions = values.map((value) => toSuppression(value, options.reason))
  const added = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return insertSuppressions(db, tenant.id, suppressions)
  })
  const standing = suppressions.length - added
  print({ added, standing }, options, () =>
    standing === 0 ? `Suppressed ${added}.` : `Suppressed ${added}; ${standing} stood already.`,
  )
}

async function list(options: TenantOptions & { limit: number }): Promise<void> {
  const suppressions = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return listSuppressions(db, tenant.id, { limit: options.limit, ended: false })
  })
  printSuppressions(suppressions, options, 'Nothing is suppressed.')
}

async function check(input: string, options: TenantOptions): Promise<void> {
  const address = addressOf(input)
  const found = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return findSuppressions(db, tenant.id, address)
  })
  if (!options.json)
    process.stdout.write(`${address} ${found.length > 0 ? 'is suppressed:' : 'may be mailed.'}\n`)
  if (options.json || found.length > 0) printSuppressions(found, options, '')
}

function printSuppressions(rows: readonly Suppression[], options: TenantOptions, empty: string): void {
  printTable(
    rows.map(({ scope, value, reason, source, tenant_id, expires_at, created_at }) => ({
      scope,
      value,
      reason,
      source,
      everyTenant: tenant_id === null,
      expiresAt: expires_at,
      createdAt: created_at,
    })),
    options,
    {
      suppressed: (row) => row.value,
      reason: (row) => row.reason,
      source: (row) => row.source,
      since: (row) => row.createdAt,
      until: (row) => row.expiresAt,
    },
    empty,
  )
}

function toSuppression(value: string, reason: string): NewSuppression {
  if (value.includes('@')) return { scope: 'address', value: addressOf(value), reason, source: 'operator' }
  const verdict = normaliseAddress(`anyone@${value}`)
  if (!verdict.ok) throw new AppError('invalid_input', `"${value}" is neither an address nor a domain.`)
  return { scope: 'domain', value: verdict.address.slice('anyone@'.length), reason, source: 'operator' }
}

function addressOf(input: string): string {
  const verdict = normaliseAddress(input)
  if (verdict.ok) return verdict.address
  throw new AppError('invalid_input', `"${input}" is not an address: ${verdict.reason}.`)
}
