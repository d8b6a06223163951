import type { Command } from 'commander'
import { AppError } from '../../core/errors.ts'
import { type Recovery, recover } from '../../jobs/recover.ts'
import { accountName } from '../account-name.ts'
import { withOutput } from '../options.ts'
import { type OutputOptions, print } from '../output.ts'
import { withDatabase } from '../session.ts'

export function addRecoverCommand(program: Command): void {
  withOutput(program.command('recover'))
    .description('Make a database safe to send from after a failover, a restore or a copy.')
    .requiredOption(
      '--since <time>',
      'the last moment that the database is sure to know of: 2026-11-21T04:30:00Z',
    )
    .option(
      '--force',
      'also where the database looks like the one that sent last: after a snapshot was rolled back',
    )
    .addHelpText(
      'after',
      `
Such a database has forgotten what was sent since then, and would send it again. Nothing is claimed from it until this
command has run: it turns every email that was due by now into unknown. Those are looked for in their mailboxes' Sent
folders, as after a crash, and are not sent again by themselves. Choose the time too early rather than too late.`,
    )
    .action(run)
}

async function run(options: OutputOptions & { since: string; force?: boolean }): Promise<void> {
  const since = new Date(options.since)
  if (Number.isNaN(since.getTime()) || !/^\d{4}-\d\d-\d\dT/.test(options.since)) {
    throw new AppError(
      'invalid_input',
      `--since ${options.since} is not a time; write one like 2026-11-21T04:30:00Z.`,
    )
  }
  if (since > new Date()) throw new AppError('invalid_input', `--since ${options.since} is in the future.`)
  const recovery = await withDatabase(({ db }) =>
    recover(db, { since, force: options.force ?? false, actor: accountName() }),
  )
  print(recovery, options, () => inWords(recovery))
}

function inWords({ unknown, paused }: Recovery): string {
  const lines = [`${unknown} emails may have been sent; they are unknown now. Sending goes on.`]
  for (const name of paused) {
    lines.push(`Paused "${name}": its leads were being enrolled. See whom it wrote to, then resume it.`)
  }
  return lines.join('\n')
}
