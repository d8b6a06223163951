import type { Command } from 'commander'
import { type DaySelection, dayColumns, findLastPass, listDays } from '../../analytics/report-store.ts'
import { AppError } from '../../core/errors.ts'
import type { Db } from '../../db/connect.ts'
import { renderCsv } from '../csv.ts'
import { dayOf, readDayRange } from '../day.ts'
import { describeDays } from '../days-text.ts'
import { type TenantOptions, withCsv, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveCampaign, resolvePastMailboxes, resolveTenant, withDatabase } from '../session.ts'

interface DailyOptions extends TenantOptions {
  mailbox?: string
  campaign?: string
  from?: string
  to?: string
  csv?: boolean
}

export function addAnalyticsDailyCommand(group: Command): void {
  withCsv(withTenant(withOutput(group.command('daily'))))
    .description('Print what became of the emails of each day, by the day they were sent on.')
    .option('--mailbox <address>', 'only from this mailbox, or those that had this address')
    .option('--campaign <name>', 'only of this campaign')
    .option('--from <date>', 'the first day, such as 2026-11-01; 30 days back if left out')
    .option('--to <date>', 'the last day; today, wherever it has begun, if left out')
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
  if (options.csv) process.stdout.write(renderCsv(dayColumns, days))
  else print(days, options, () => describeDays(days, countedAt, process.stdout.columns))
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
