import { once } from 'node:events'
import { type Command, Option } from 'commander'
import { eachSuppression } from '../../suppression/store.ts'
import { type TenantOptions, withTenant } from '../options.ts'
import { formatCount, print } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { importSuppressionFile, type SuppressionImportReport } from '../suppression-import.ts'
import { csvHeader, csvLine, suppressionOutput } from '../suppression-lines.ts'
import { resolveScope, type ScopeOptions, withScope } from '../suppression-scope.ts'

export function addSuppressionFileCommands(group: Command): void {
  withScope(group.command('import').argument('<file.csv>'))
    .description('Never mail the addresses and domains of a file. The same import again changes nothing.')
    .option('--reason <text>', 'why, for rows that give no reason', 'imported')
    .addHelpText(
      'after',
      `
The first line names the columns: value, email or domain (one of them), and if you like reason, source, expires_at; or
there is no such line, and each line is an address or a domain. Rows that cannot go in are listed with their line on
stderr; the others go in.

Example:
  $ rookery suppressions import do-not-mail.csv --reason "left the last provider's list"`,
    )
    .action(importFile)
  withTenant(group.command('export'))
    .description('Print all that stand, as CSV that import takes, or as JSON lines with their evidence.')
    .addOption(new Option('--format <format>', 'csv or jsonl').choices(['csv', 'jsonl']).default('csv'))
    .addHelpText('after', '\nExample:\n  $ rookery suppressions export --format jsonl > suppressed.jsonl')
    .action(exportAll)
}

const shownRejects = 20

async function importFile(file: string, options: ScopeOptions & { reason: string }): Promise<void> {
  let rejects = 0
  const onReject = ({ line, reason }: { line: number; reason: string }) => {
    rejects += 1
    if (rejects <= shownRejects) process.stderr.write(`line ${line}: ${reason}\n`)
  }
  const report = await withDatabase(async ({ db }) => {
    const tenantId = await resolveScope(db, options)
    return importSuppressionFile(db, { tenantId, file, reason: options.reason, onReject })
  })
  if (rejects > shownRejects) process.stderr.write(`and ${rejects - shownRejects} more.\n`)
  print(report, options, describe)
}

function describe({ added, standing, rejected, skipped }: SuppressionImportReport): string {
  const refused = rejected === 0 ? '' : `; ${formatCount(rejected, 'row')} refused`
  const ended = skipped === 0 ? '' : ` ${formatCount(skipped, 'email')} will not go out.`
  return `Suppressed ${added}; ${standing} stood already${refused}.${ended}`
}

async function exportAll(options: TenantOptions & { format: 'csv' | 'jsonl' }): Promise<void> {
  const csv = options.format === 'csv'
  await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    if (csv) await writeLine(csvHeader)
    for await (const row of eachSuppression(db, tenant.id))
      await writeLine(csv ? csvLine(row) : JSON.stringify(suppressionOutput(row)))
  })
}

async function writeLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}
