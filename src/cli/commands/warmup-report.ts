import type { Command } from 'commander'
import { AppError } from '../../core/errors.ts'
import { listStandings } from '../../warmup/account-store.ts'
import { listReportDays } from '../../warmup/report-store.ts'
import { type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveMailbox, resolveTenant, withDatabase } from '../session.ts'
import { describeMailbox, describeTenant, reportWarmup } from '../warmup-report.ts'

const help = `
Where an email landed is counted for the day it was sent on, and known once its receiver has looked: a day's figures
grow for some days.

Examples:
  $ rookery warmup report
  $ rookery warmup report robin@acme.example --days 60`

export function addWarmupReportCommand(group: Command): void {
  withTenant(withOutput(group.command('report').argument('[mailbox]')))
    .description(
      'The ramp drawn against what was sent, and where it landed by provider; without a mailbox, all of the tenant.',
    )
    .option('--days <n>', 'how far back', wholeNumber({ least: 1, most: 366 }), 28)
    .addHelpText('after', help)
    .action(report)
}

async function report(address: string | undefined, options: TenantOptions & { days: number }): Promise<void> {
  const { days } = options
  const found = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = address === undefined ? null : await resolveMailbox(db, tenant.id, address)
    const id = mailbox?.id ?? null
    return reportWarmup(await listStandings(db, tenant.id, id), await listReportDays(db, tenant.id, id, days))
  })
  const [only] = found.mailboxes
  if (!only)
    throw new AppError(
      'not_found',
      address === undefined
        ? 'No mailbox has taken part in warmup. Begin: rookery warmup enrol MAILBOX'
        : `${address} has never taken part in warmup. Begin: rookery warmup enrol ${address}`,
    )
  print(found, options, () =>
    address === undefined ? describeTenant(found) : describeMailbox(only, found.countedAt),
  )
}
