import type { Command } from 'commander'
import { listUsage, type MonthUsage } from '../../analytics/usage-store.ts'
import { dayOf, readDay } from '../day.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { formatNumber, formatShare, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

export function addBillingCommands(program: Command): void {
  const group = program.command('billing').description('What tenants use of what their plans allow.')
  withTenant(withOutput(group.command('usage')))
    .description('Print emails, mailboxes and contacts of each month, beside what the plan allows.')
    .option('--all', 'of every tenant')
    .option('--from <date>', 'the first month, by a day in it; a year back if left out')
    .addHelpText(
      'after',
      `
Months are those of the day of sending, in the zone of each mailbox, and are added up every hour. Of a month that is not over, it is what was
used so far. Plans are set with rookery tenant plan; nothing is refused beyond them.

Examples:
  $ rookery billing usage
  $ rookery billing usage --all --from 2026-11-01 --json`,
    )
    .action(usage)
}

interface UsageOptions extends TenantOptions {
  all?: boolean
  from?: string
}

async function usage({ tenant, all, from, ...output }: UsageOptions): Promise<void> {
  const first = from === undefined ? aYearBack(new Date()) : `${readDay('--from', from).slice(0, 7)}-01`
  const months = await withDatabase(async ({ db }) =>
    listUsage(db, first, all ? undefined : (await resolveTenant(db, tenant)).id),
  )
  const columns = {
    month: (row: MonthUsage) => row.period_start.slice(0, 7),
    ...(all && { tenant: (row: MonthUsage) => row.tenant }),
    emails: (row: MonthUsage) => ofPlan(row.emails_sent, row.plan_emails),
    mailboxes: (row: MonthUsage) => ofPlan(row.mailboxes_active, row.plan_mailboxes),
    contacts: (row: MonthUsage) => ofPlan(row.contacts_reached, row.plan_contacts),
    'as added up at': (row: MonthUsage) => `${row.updated_at.toISOString().slice(0, 16).replace('T', ' ')}Z`,
  }
  printTable(months, output, columns, 'Nothing has been added up in these months.')
}

const aYearBack = (now: Date): string =>
  dayOf(new Date(Date.UTC(now.getUTCFullYear() - 1, now.getUTCMonth(), 1)))

/** A share over 100 % stays what it is: plans are reported against. */
function ofPlan(used: number, allowed: number | null): string {
  if (allowed === null) return formatNumber(used)
  return `${formatNumber(used)} of ${formatNumber(allowed)} (${formatShare(used, allowed)})`
}
