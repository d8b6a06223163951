import type { Command } from 'commander'
import { importLeadFile, type LeadImportReport } from '../lead-import.ts'
import { collect, type TenantOptions, withOutput, withTenant } from '../options.ts'
import { formatCount, formatNumber, print } from '../output.ts'
import { startProgress } from '../progress.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { renderTable } from '../table.ts'

const help = `
The first line names the columns: email (required), first_name, last_name, company, position, timezone; every other
column becomes metadata. Comma, semicolon and tab are recognised. Rows that cannot go in are listed with line and
reason, and written to FILE.rejects.csv; the others go in. The same import again changes nothing.

Example:
  $ rookery leads import leads.csv --tag autumn --tag berlin`

export function addLeadCommands(program: Command): void {
  const group = program.command('leads').description('The people to be written to.')
  withTenant(withOutput(group.command('import').argument('<file.csv>')))
    .description('Import leads from a CSV file.')
    .option('--tag <tag>', 'a tag for every lead of the file; may be repeated', collect)
    .option('--rejects <file>', 'where refused rows go (default: FILE.rejects.csv)')
    .addHelpText('after', help)
    .action(importFile)
}

interface ImportOptions extends TenantOptions {
  tag?: string[]
  rejects?: string
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const rejectsFile = options.rejects ?? `${file.replace(/\.csv$/i, '')}.rejects.csv`
  const report = await withDatabase(async ({ db, pool }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const progress = startProgress(`Reading ${file}`)
    const onProgress = progress.update
    const tags = options.tag ?? []
    return importLeadFile(pool, { tenantId: tenant.id, file, tags, rejectsFile, onProgress }).finally(
      progress.stop,
    )
  })
  print(report, options, describe)
}

function describe({
  inserted,
  updated,
  unchanged,
  rejected,
  rejects,
  rejectsFile,
}: LeadImportReport): string {
  const sum =
    inserted + updated === 0
      ? `Nothing changed: ${formatCount(unchanged, 'lead')} stood already`
      : `Imported ${formatCount(inserted, 'new lead')}, ${formatNumber(updated)} updated, ${formatNumber(unchanged)} unchanged`
  if (rejected === 0) return `${sum}.`
  const more = rejected > rejects.length ? `\nand ${formatNumber(rejected - rejects.length)} more.` : ''
  const list = renderTable(rejects, { line: (row) => row.line, reason: (row) => row.reason })
  return `${sum}; ${formatCount(rejected, 'row')} refused.\n\n${list}${more}\n\nAll refused rows: ${rejectsFile}`
}
