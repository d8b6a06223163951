import type { Command } from 'commander'
import { startFleet } from '../../app/supervisor-start.ts'

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('Run the worker processes; those that crash are started again.')
    .argument('[pools...]', 'which ones, and how many processes of each; without any, one of each')
    .option('--no-migrate', 'leave the database schema as it is')
    .addHelpText('after', startHelp)
    .action(async (pools: string[], { migrate }: { migrate: boolean }) => {
      process.exitCode = await startFleet(pools, { migrate })
    })
}

const startHelp = `
Examples:
  $ rookery start
  $ rookery start scheduler sending=3

Ctrl+C (or SIGTERM) lets every process finish what it has in hand; a second one does not. Scrape targets are
listed in .rookery/targets.json. See docs/operations.md.`
