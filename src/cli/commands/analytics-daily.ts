import type { Command } from 'commander'
import {
  type DayFigures,
  type DaySelection,
  dayColumns,
  findLastPass,
  listDays,
} from '../../analytics/report-store.ts'
import { AppError } from '../../core/errors.ts'
import type { Db } from '../../db/connect.ts'
import { renderCsv } from '../csv.ts'
import { dayOf, minuteOf, readDayRange } from '../day.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { formatShare, print } from '../output.ts'
import { resolveCampaign, resolvePastMailboxes, resolveTenant, withDatabase } from '../session.ts'
import { renderTable } from '../table.ts'

interface DailyOptions extends TenantOptions {
  mailbox?: string
  campaign?: string
  from?: string
  to?: string
  csv?: boolean
}

export function addAnalyticsDailyCommand(group: Command): void {
  withTenant(withOutput(group.command('daily')))
    .description('Print what became of the emails of each day, by the day they were sent on.')
    .option('--mailbox <address>', 'only from this mailbox, or those that had this address')
    .option('--campaign <name>', 'only of this campaign')
    .option('--from <date>', 'the first day, such as 2026-11-01; 30 days back if left out')
    .option('--to <date>', 'the last day; today, wherever it has begun, if left out')
    .option('--csv', 'print CSV')
    .addHelpText(
      'after',
      `
Rates are shares of the emails that were sent on that day, whenever people opened or answered them; what machines open is
counted beside. A day is that of the mailbox's zone. CSV and JSON also have what was told on each day (UTC), of emails of any day:
happened_*.

Examples:
  $ rookery analytics daily --campaign Autumn
  $ rookery analytics daily --mailbox robin@acme.example --from 2026-11-01 --csv > november.csv`,
    )
    .action(daily)
}

async function daily(options: DailyOptions): Promise<void> {
  const { days, countedAt } = await withDatabase(async ({ db }) => {
    const selection = await select(db, options)
    return { days: await listDays(db, selection), countedAt: await findLastPass(db) }
  })
  if (options.csv) process.stdout.write(`${renderCsv(dayColumns, days)}\n`)
  else print(days, options, () => describe(days, countedAt))
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
// Days are those of mailboxes, up to 14 hours ahead of UTC.
const mostAheadMs = 14 * hourMs

async function select(db: Db, { tenant, mailbox, campaign, ...range }: DailyOptions): Promise<DaySelection> {
  const { from, to } = readDayRange(range)
  const { id: tenantId } = await resolveTenant(db, tenant)
  const last = Date.parse(to ?? dayOf(new Date()))
  const today = dayOf(new Date(Date.now() + mostAheadMs))
  if (from !== undefined && from > (to ?? today))
    throw new AppError('invalid_input', `--from ${from} is still to come.`)
  return {
    tenantId,
    campaignId: campaign === undefined ? undefined : (await resolveCampaign(db, tenantId, campaign)).id,
    mailboxId: mailbox === undefined ? undefined : await resolvePastMailboxes(db, tenantId, mailbox),
    from: from ?? dayOf(new Date(last - 29 * dayMs)),
    to: to ?? today,
  }
}

function describe(all: readonly DayFigures[], countedAt: Date | undefined): string {
  if (countedAt === undefined)
    return 'Nothing has been counted yet: the analytics worker does so every hour, rookery analytics rebuild at once.'
  const days = all.filter((row) => row.emails_sent > 0 || row.late_events > 0)
  if (days.length === 0) return `Nothing was sent in these days, as counted at ${minuteOf(countedAt)}.`
  const share = (count: (row: DayFigures) => number) => (row: DayFigures) =>
    formatShare(count(row), row.emails_sent)
  return renderTable(days, {
    day: (row) => row.date,
    sent: (row) => row.emails_sent,
    delivered: (row) => row.emails_delivered,
    opened: (row) => row.emails_opened,
    'open rate': share((row) => row.emails_opened),
    clicked: (row) => row.emails_clicked,
    replied: (row) => row.emails_replied,
    'reply rate': share((row) => row.emails_replied),
    bounced: (row) => row.emails_bounced,
    unsubscribed: (row) => row.emails_unsubscribed,
    complained: (row) => row.emails_complained,
    late: (row) => row.late_events,
    'opened by machines': (row) => row.machine_opens,
  })
}
