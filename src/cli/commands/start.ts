import { Command } from 'commander'
import { startFleet } from '../../app/supervisor-start.ts'

/** `rookery start [pools...]`: all pools under one supervisor, or the named ones. */
export function startCommand(): Command {
  return new Command('start')
    .description('run the worker processes, restart those that crash, stop them all on Ctrl+C')
    .argument(
      '[pools...]',
      'which ones, and how many processes of each: scheduler sending=3 (default: one of each)',
    )
    .option('--no-migrate', 'leave the database schema as it is')
    .action(async (pools: string[], { migrate }: { migrate: boolean }) => {
      process.exitCode = await startFleet(pools, { migrate })
    })
}
