import { type Command, Option } from 'commander'
import { listUsage, type MonthUsage, usageColumns } from '../../analytics/usage-store.ts'
import { renderCsv } from '../csv.ts'
import { dayOf, minuteOf, readDay } from '../day.ts'
import { type TenantOptions, withCsv, withOutput, withTenant } from '../options.ts'
import { formatCount, formatNumber, formatShare, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

export function addBillingCommands(program: Command): void {
  const group = program.command('billing').description('What tenants use of what their plans allow.')
  withCsv(withTenant(withOutput(group.command('usage'))))
    .description('Print emails, mailboxes and contacts of each month, beside what the plan allowed in it.')
    .addOption(new Option('--all', 'of every tenant').conflicts('tenant'))
    .option('--from <date>', 'the first month, by a day in it; a year back if left out')
    .addHelpText(
      'after',
      `
Months are those of the day of sending, in the zone of each mailbox, and are added up every hour. Of a month that is not over, it is what was
used so far. A month stands beside the plan that stood in it last (rookery tenant plan), also when the plan changes later; nothing is refused
beyond it: OVER says how much was.

Examples:
  $ rookery billing usage
  $ rookery billing usage --all --from 2026-11-01 --csv > usage.csv`,
    )
    .action(usage)
}

interface UsageOptions extends TenantOptions {
  all?: boolean
  from?: string
  csv?: boolean
}

async function usage({ tenant, all, from, csv, ...output }: UsageOptions): Promise<void> {
  const first = from === undefined ? aYearBack(new Date()) : `${readDay('--from', from).slice(0, 7)}-01`
  const months = await withDatabase(async ({ db }) =>
    listUsage(db, first, all ? undefined : (await resolveTenant(db, tenant)).id),
  )
  if (csv) return void process.stdout.write(renderCsv(usageColumns, months))
  const columns = {
    month: (row: MonthUsage) => row.period_start.slice(0, 7),
    ...(all && { tenant: (row: MonthUsage) => row.tenant }),
    emails: (row: MonthUsage) => ofPlan(row.emails_sent, row.plan_emails),
    mailboxes: (row: MonthUsage) => ofPlan(row.mailboxes_active, row.plan_mailboxes),
    contacts: (row: MonthUsage) => ofPlan(row.contacts_reached, row.plan_contacts),
    'over the plan': describeOver,
    'as added up at': (row: MonthUsage) => minuteOf(row.updated_at),
  }
  printTable(
    months,
    output,
    columns,
    'Nothing has been added up in these months. The analytics worker does so every hour.',
  )
}

const aYearBack = (now: Date): string =>
  dayOf(new Date(Date.UTC(now.getUTCFullYear() - 1, now.getUTCMonth(), 1)))

function describeOver(row: MonthUsage): string {
  const over = [
    row.emails_over > 0 && formatCount(row.emails_over, 'email'),
    row.mailboxes_over > 0 && formatCount(row.mailboxes_over, 'mailbox', 'mailboxes'),
    row.contacts_over > 0 && formatCount(row.contacts_over, 'contact'),
  ].filter((part) => part !== false)
  return over.length === 0 ? '' : `OVER by ${over.join(', ')}`
}

/** A share over 100 % stays what it is: plans are reported against. */
function ofPlan(used: number, allowed: number | null): string {
  if (allowed === null) return formatNumber(used)
  return `${formatNumber(used)} of ${formatNumber(allowed)} (${formatShare(used, allowed)})`
}
