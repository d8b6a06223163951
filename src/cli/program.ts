import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { AppError } from '../core/errors.ts'
import { connectionLost } from '../db/connect.ts'
import { exitCodeOf, reportError } from './failure.ts'

type AddCommands = (program: Command) => void

/** Every command group by its name, in the order of the help. A new one is added here and nowhere else. */
const groups: Readonly<Record<string, () => Promise<AddCommands>>> = {
  migrate: async () => (await import('./commands/migrate.ts')).addMigrateCommand,
  start: async () => (await import('./commands/start.ts')).addStartCommand,
  tenant: async () => (await import('./commands/tenant.ts')).addTenantCommands,
  mailbox: async () => (await import('./commands/mailbox.ts')).addMailboxCommands,
  leads: async () => (await import('./commands/leads.ts')).addLeadCommands,
  suppressions: async () => (await import('./commands/suppressions.ts')).addSuppressionCommands,
  campaign: async () => (await import('./commands/campaign.ts')).addCampaignCommands,
  emails: async () => (await import('./commands/emails.ts')).addEmailCommands,
  inbox: async () => (await import('./commands/inbox.ts')).addInboxCommands,
  bounces: async () => (await import('./commands/bounces.ts')).addBounceCommands,
  analytics: async () => (await import('./commands/analytics.ts')).addAnalyticsCommands,
  billing: async () => (await import('./commands/billing.ts')).addBillingCommands,
  status: async () => (await import('./commands/status.ts')).addStatusCommand,
  notifications: async () => (await import('./commands/notifications.ts')).addNotificationCommands,
  warmup: async () => (await import('./commands/warmup.ts')).addWarmupCommands,
  why: async () => (await import('./commands/why.ts')).addWhyCommand,
  recover: async () => (await import('./commands/recover.ts')).addRecoverCommand,
  maintenance: async () => (await import('./commands/maintenance.ts')).addMaintenanceCommands,
  demo: async () => (await import('./commands/demo.ts')).addDemoCommand,
}

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
    const program = await createProgram(args[0])
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

/** With all its commands, or, where one of them is named, with that alone: loading what is not asked for takes most of a short command's time. */
export async function createProgram(asked?: string): Promise<Command> {
  const program = new Command('rookery')
    .description('A durable worker fleet for outbound email campaigns, on one PostgreSQL.')
    .version(manifest.version)
    .showHelpAfterError('(add --help for what this command takes)')
    .addHelpText('after', examples)
    .exitOverride()
  const only = asked === undefined ? undefined : groups[asked]
  const wanted = only ? [only] : Object.values(groups)
  for (const add of await Promise.all(wanted.map((load) => load()))) add(program)
  return program
}
