import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { AppError } from '../core/errors.ts'
import { connectionLost } from '../db/connect.ts'
import { addBounceCommands } from './commands/bounces.ts'
import { addCampaignCommands } from './commands/campaign.ts'
import { addDemoCommand } from './commands/demo.ts'
import { addEmailCommands } from './commands/emails.ts'
import { addInboxCommands } from './commands/inbox.ts'
import { addLeadCommands } from './commands/leads.ts'
import { addMailboxCommands } from './commands/mailbox.ts'
import { addMaintenanceCommands } from './commands/maintenance.ts'
import { addMigrateCommand } from './commands/migrate.ts'
import { addNotificationCommands } from './commands/notifications.ts'
import { addRecoverCommand } from './commands/recover.ts'
import { addStartCommand } from './commands/start.ts'
import { addStatusCommand } from './commands/status.ts'
import { addSuppressionCommands } from './commands/suppressions.ts'
import { addTenantCommands } from './commands/tenant.ts'
import { addWarmupCommands } from './commands/warmup.ts'
import { addWhyCommand } from './commands/why.ts'
import { exitCodeOf, reportError } from './failure.ts'

/** Every command group, in the order of the help. A new one is added here and nowhere else. */
const groups: readonly ((program: Command) => void)[] = [
  addMigrateCommand,
  addStartCommand,
  addTenantCommands,
  addMailboxCommands,
  addLeadCommands,
  addSuppressionCommands,
  addCampaignCommands,
  addEmailCommands,
  addInboxCommands,
  addBounceCommands,
  addStatusCommand,
  addNotificationCommands,
  addWarmupCommands,
  addWhyCommand,
  addRecoverCommand,
  addMaintenanceCommands,
  addDemoCommand,
]

const examples = `
Examples:
  $ rookery migrate
  $ rookery tenant create acme
  $ rookery mailbox add robin@acme.example --smtp-host smtp.acme.example --password-file robin.secret
  $ rookery leads import leads.csv --tag autumn

Configuration: environment variables or a .env file, see docs/configuration.md. All commands: docs/cli.md.
Exit codes: 0 done, 1 failed, 2 wrong input or configuration, 3 database unreachable, 4 not found.`

/** Runs one command and returns its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const json = args.includes('--json')
  try {
    const program = createProgram()
    if (json) silenceUsage(program)
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, json)
    const told = connectionLost(error) ?? error
    reportError(told, json)
    return exitCodeOf(told)
  }
}

/** To people commander has told it already, with the help. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return 0
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  if (json) reportError(new AppError('invalid_input', message), true)
  return 2
}

function silenceUsage(command: Command): void {
  command.configureOutput({ writeErr: () => {} })
  for (const child of command.commands) silenceUsage(child)
}

export function createProgram(): Command {
  const program = new Command('rookery')
    .description('A durable worker fleet for outbound email campaigns, on one PostgreSQL.')
    .version(manifest.version)
    .showHelpAfterError('(add --help for what this command takes)')
    .addHelpText('after', examples)
    .exitOverride()
  for (const add of groups) add(program)
  return program
}
