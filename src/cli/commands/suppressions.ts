import type { Command } from 'commander'
import { normaliseAddress } from '../../core/email-address.ts'
import { AppError } from '../../core/errors.ts'
import { countRange } from '../../core/range.ts'
import type { Db } from '../../db/connect.ts'
import { suppress } from '../../jobs/suppress.ts'
import { readValue } from '../../suppression/csv.ts'
import {
  findSuppressions,
  listSuppressions,
  type NewSuppression,
  type Suppression,
  setSuppressionsRemoved,
} from '../../suppression/store.ts'
import { accountName } from '../account-name.ts'
import { type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { formatCount, print, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { suppressionOutput } from '../suppression-lines.ts'
import { resolveScope, type ScopeOptions, withScope } from '../suppression-scope.ts'
import { addSuppressionFileCommands } from './suppression-files.ts'

export function addSuppressionCommands(program: Command): void {
  const group = program.command('suppressions').description('Addresses and domains that are never mailed.')
  withScope(group.command('add').argument('<address-or-domain...>'))
    .description('Never mail these again; what was still to go to the addresses is skipped.')
    .option('--reason <text>', 'why', 'added by hand')
    .addHelpText(
      'after',
      '\nExample:\n  $ rookery suppressions add ada@acorn.test oak.test --reason "asked by phone"',
    )
    .action(add)
  withScope(group.command('remove').argument('<address-or-domain...>'))
    .description('Mail these again from now on; that they were suppressed, and who ended it, stays noted.')
    .requiredOption('--reason <text>', 'why')
    .addHelpText(
      'after',
      '\nExample:\n  $ rookery suppressions remove ada@acorn.test --reason "asked to be written to again"',
    )
    .action(remove)
  withTenant(withOutput(group.command('check').argument('<address>')))
    .description('Say whether an address may be mailed, and if not, why, and what that rests on.')
    .action(check)
  addSuppressionFileCommands(group)
  withTenant(withOutput(group.command('list')))
    .description('List them, newest first.')
    .option('--limit <n>', 'how many', wholeNumber(countRange), 100)
    .option('--ended', 'also those that have expired or were removed')
    .action(list)
}

async function add(values: string[], options: ScopeOptions & { reason: string }): Promise<void> {
  const suppressions = values.map(
    (value): NewSuppression => ({
      ...entryOf(value),
      reason: options.reason,
      source: 'operator',
      evidence: { by: accountName() },
    }),
  )
  const { added, skipped } = await withDatabase(async ({ db }) => {
    const tenantId = await resolveScope(db, options)
    return db.transaction().execute((trx) => suppress(trx, tenantId, suppressions))
  })
  const standing = suppressions.length - added
  print({ added, standing, skipped }, options, () => {
    const stood = standing === 0 ? '' : `; ${standing} stood already`
    const ended = skipped === 0 ? '' : ` ${formatCount(skipped, 'email')} will not go out.`
    return `Suppressed ${added}${stood}.${ended}`
  })
}

async function remove(values: string[], options: ScopeOptions & { reason: string }): Promise<void> {
  const wanted = values.map((value) => entryOf(value).value)
  const removal = { at: new Date(), by: accountName(), reason: options.reason }
  const { removed, standing } = await withDatabase(async ({ db }) => {
    const tenantId = await resolveScope(db, options)
    const ended = await setSuppressionsRemoved(db, tenantId, wanted, removal)
    return { removed: ended, standing: tenantId === null ? [] : await listStanding(db, tenantId, wanted) }
  })
  if (removed.length === 0)
    throw new AppError('not_found', `Not suppressed: ${wanted.join(', ')}.`, { details: standing })
  print(removed.map(suppressionOutput), options, () =>
    [`Removed ${removed.length} of ${new Set(wanted).size}.`, ...standing].join('\n'),
  )
}

/** What still forbids mail to these addresses: their domain, or an entry for every tenant. */
async function listStanding(db: Db, tenantId: string, values: readonly string[]): Promise<string[]> {
  const addresses = [...new Set(values)].filter((value) => value.includes('@'))
  const lines: string[] = []
  for (const address of addresses)
    for (const { value, reason, tenant_id } of await findSuppressions(db, tenantId, address)) {
      const [whose, flag] = tenant_id === null ? ['for every tenant', ' --every-tenant'] : ['too', '']
      lines.push(
        `${address} is still not mailed: ${value} is suppressed ${whose} (${reason}). Lift it: rookery suppressions remove ${value}${flag}`,
      )
    }
  return lines
}

async function list(options: TenantOptions & { limit: number; ended?: boolean }): Promise<void> {
  const suppressions = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return listSuppressions(db, tenant.id, { limit: options.limit, ended: options.ended === true })
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
  if (!options.json) for (const row of found) printEvidence(row)
}

function printEvidence({ value, evidence }: Suppression): void {
  const facts = Object.entries((evidence ?? {}) as Record<string, unknown>).filter(
    ([, fact]) => fact !== null,
  )
  if (facts.length === 0) return
  const lines = facts.map(
    ([name, fact]) => `  ${name}: ${typeof fact === 'string' ? fact : JSON.stringify(fact)}`,
  )
  process.stdout.write(`\n${value} rests on:\n${lines.join('\n')}\n`)
}

function printSuppressions(rows: readonly Suppression[], options: TenantOptions, empty: string): void {
  printTable(
    rows.map(suppressionOutput),
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

function entryOf(input: string): Pick<NewSuppression, 'scope' | 'value'> {
  const read = readValue(input)
  if (read.ok) return { scope: read.scope, value: read.value }
  throw new AppError('invalid_input', `"${input}" cannot be suppressed: ${read.reason}.`)
}

function addressOf(input: string): string {
  const verdict = normaliseAddress(input)
  if (verdict.ok) return verdict.address
  throw new AppError('invalid_input', `"${input}" is not an address: ${verdict.reason}.`)
}
