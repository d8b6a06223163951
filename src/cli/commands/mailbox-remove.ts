import type { Command } from 'commander'
import { AppError } from '../../core/errors.ts'
import { type Removal, removeMailbox } from '../../jobs/remove-mailbox.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveMailbox, resolveTenant, withDatabase } from '../session.ts'

export function addMailboxRemoveCommand(group: Command): void {
  withTenant(withOutput(group.command('remove').argument('<address>')))
    .description('Remove a mailbox and its passwords for good. What it has sent stays in the ledger.')
    .option('--yes', 'do it; without it the command only says what would be lost')
    .addHelpText(
      'after',
      `
Leads that nobody has written to yet get another mailbox of their campaign. Those that know this one are stopped,
or go on with another where the campaign says when_mailbox_removed: reassign.`,
    )
    .action(remove)
}

async function remove(address: string, options: TenantOptions & { yes?: boolean }): Promise<void> {
  const removal = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = await resolveMailbox(db, tenant.id, address)
    if (!options.yes) {
      const details = ['To keep it and send nothing: rookery mailbox pause.', 'To remove it: add --yes.']
      throw new AppError('invalid_input', `Removing ${address} cannot be undone.`, { details })
    }
    return removeMailbox(db, mailbox)
  })
  if (!removal.removed) process.exitCode = 1
  print({ address, ...removal }, options, () => inWords(address, removal))
}

function inWords(address: string, { moved, stopped, skipped, removed }: Removal): string {
  const work = `${moved} leads go on with another mailbox, ${stopped} are stopped, ${skipped} other emails are skipped.`
  if (removed) return `Removed ${address}. ${work}`
  return `${address} is paused: an email of it is on the wire. Run the command again in a minute. ${work}`
}
