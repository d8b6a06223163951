import type { Command } from 'commander'
import { nameDifferences } from '../../analytics/name-store.ts'
import { AppError } from '../../core/errors.ts'
import { audit, mostDifferences, rebuild } from '../../jobs/analytics/roll-up.ts'
import { readDayRange } from '../day.ts'
import { describeDifferences } from '../differences-text.ts'
import { withOutput } from '../options.ts'
import { formatCount, type OutputOptions, print } from '../output.ts'
import { withDatabase } from '../session.ts'
import { addAnalyticsDailyCommand } from './analytics-daily.ts'

export function addAnalyticsCommands(program: Command): void {
  const group = program.command('analytics').description('What became of the emails, in numbers.')
  addAnalyticsDailyCommand(group)
  withOutput(group.command('audit'))
    .description(
      'Count what is new, compute all that is derived again aside, and print where what is stored differs.',
    )
    .option('--from <date>', 'the first day of sending, such as 2026-11-01; the first there is if left out')
    .option('--to <date>', 'the last day of sending; the last there is if left out')
    .addHelpText(
      'after',
      `
Compared are days with their events; campaigns, by step and variant, with their days; months with their days, the ledger and the
plans; and when an email was first opened, clicked, answered, bounced, unsubscribed or complained about with its events. Sealed
days, and the emails sent on them, are left out: their events may be gone. At most 100 of each kind are printed. Exit code: 0 where
nothing differs, 1 where something does, or where the audit failed: then stderr says why.

Examples:
  $ rookery analytics audit
  $ rookery analytics audit --from 2026-11-01 --json`,
    )
    .action(runAudit)
  withOutput(group.command('rebuild'))
    .description('Compute the figures of every day that is not sealed again, from all events that are kept.')
    .addHelpText(
      'after',
      `
Campaigns are added up from all their days, sealed ones too; months by the next hour. When an email was first opened, clicked, answered,
unsubscribed from or complained about is put right in the ledger, where an event tells of another time; what no event tells of stays.`,
    )
    .action(runRebuild)
}

async function runAudit({ from, to, ...output }: OutputOptions & { from?: string; to?: string }) {
  const range = readDayRange({ from, to })
  const days = { from: range.from ?? '-infinity', to: range.to ?? 'infinity' }
  const differences = await withDatabase(async ({ db }) =>
    nameDifferences(db, (await audit(db, days)) ?? refuseBusy()),
  )
  const shown = { width: process.stdout.columns, most: mostDifferences }
  print(differences, output, () => describeDifferences(differences, shown))
  if (differences.length > 0) process.exitCode = 1
}

async function runRebuild(output: OutputOptions): Promise<void> {
  const rebuilt = (await withDatabase(({ db }) => rebuild(db))) ?? refuseBusy()
  print(rebuilt, output, ({ events, facts }) =>
    facts > 0
      ? `Counted ${formatCount(events, 'event')} again. Of ${formatCount(facts, 'email')} an event tells another first open, click or answer: mended.`
      : `Counted ${formatCount(events, 'event')} again.`,
  )
}

function refuseBusy(): never {
  throw new AppError('conflict', 'Another pass is counting at this moment. Try again when it has ended.')
}
