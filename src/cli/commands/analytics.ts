import type { Command } from 'commander'
import type { Difference } from '../../analytics/audit-store.ts'
import { AppError } from '../../core/errors.ts'
import { audit, rebuild } from '../../jobs/analytics/roll-up.ts'
import { readDay } from '../day.ts'
import { withOutput } from '../options.ts'
import { formatCount, type OutputOptions, print } from '../output.ts'
import { withDatabase } from '../session.ts'
import { renderTable } from '../table.ts'
import { addAnalyticsDailyCommand } from './analytics-daily.ts'

export function addAnalyticsCommands(program: Command): void {
  const group = program.command('analytics').description('What became of the emails, in numbers.')
  addAnalyticsDailyCommand(group)
  withOutput(group.command('audit'))
    .description(
      'Count what is new, compute the stored figures again from events, and print where they differ.',
    )
    .option('--from <date>', 'the first day of sending, such as 2026-11-01; the first there is if left out')
    .option('--to <date>', 'the last day of sending; the last there is if left out')
    .addHelpText(
      'after',
      `
Sealed days are left out: their events may be gone. Exit code: 0 where nothing differs, 1 where something does.

Examples:
  $ rookery analytics audit
  $ rookery analytics audit --from 2026-11-01 --json`,
    )
    .action(runAudit)
  withOutput(group.command('rebuild'))
    .description('Compute the figures of every day that is not sealed again, from all events that are kept.')
    .action(runRebuild)
}

async function runAudit({ from, to, ...output }: OutputOptions & { from?: string; to?: string }) {
  const days = {
    from: from === undefined ? '-infinity' : readDay('--from', from),
    to: to === undefined ? 'infinity' : readDay('--to', to),
  }
  const differences = (await withDatabase(({ db }) => audit(db, days))) ?? refuseBusy()
  print(differences, output, describe)
  if (differences.length > 0) process.exitCode = 1
}

async function runRebuild(output: OutputOptions): Promise<void> {
  const rebuilt = (await withDatabase(({ db }) => rebuild(db))) ?? refuseBusy()
  print(rebuilt, output, ({ events }) => `Counted ${formatCount(events, 'event')} again.`)
}

function refuseBusy(): never {
  throw new AppError('conflict', 'Another pass is counting at this moment. Try again when it has ended.')
}

function describe(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'The stored figures are those of the events.'
  return renderTable(differences.flatMap(byColumn), {
    table: (row) => row.table,
    day: (row) => row.date ?? 'all',
    campaign: (row) => row.campaignId ?? '-',
    mailbox: (row) => row.mailboxId ?? '-',
    figure: (row) => row.column,
    stored: (row) => row.stored,
    computed: (row) => row.computed,
  })
}

function byColumn({ what, date, campaignId, mailboxId, stored, computed }: Difference) {
  const columns = Object.keys({ ...stored, ...computed })
  return columns
    .map((column) => ({ column, stored: stored?.[column] ?? 0, computed: computed?.[column] ?? 0 }))
    .filter((row) => row.stored !== row.computed)
    .map((row) => ({ table: what, date, campaignId, mailboxId, ...row }))
}
