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
import { addMigrateCommand } from './commands/migrate.ts'
import { addRecoverCommand } from './commands/recover.ts'
import { addStartCommand } from './commands/start.ts'
import { addStatusCommand } from './commands/status.ts'
import { addSuppressionCommands } from './commands/suppressions.ts'
import { addTenantCommands } from './commands/tenant.ts'
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
  addWhyCommand,
