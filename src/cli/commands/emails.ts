import { type Command, Option } from 'commander'
import { z } from 'zod'
import { AppError } from '../../core/errors.ts'
import { type Resolution, resolveUnknown } from '../../jobs/resolve-unknown.ts'
import { accountName } from '../account-name.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { addEmailListCommand } from './emails-list.ts'
import { addEmailRetryCommand } from './emails-retry.ts'
import { addEmailShowCommand } from './emails-show.ts'

const help = `
An email is unknown when the connection broke, or its worker died, after the server may have taken it. It is looked for in
the mailbox's own folders for a day; what is left, or what you know better, is yours to decide. Not sent sends it again.

Example:
  $ rookery emails resolve 0198c5a2-7d1e-7c44-9d2b-3f6f0a1b2c3d --as sent --note "the recipient has it"`

export function addEmailCommands(program: Command): void {
  const group = program
    .command('emails')
    .description('Single emails: list and show them, try failed ones again, decide what nobody can know.')
  addEmailListCommand(group)
  addEmailShowCommand(group)
  addEmailRetryCommand(group)
  withTenant(withOutput(group.command('resolve').argument('<id>')))
    .description('Say what became of an email whose outcome is unknown; who said it, and when, stays noted.')
    .addOption(
      new Option('--as <outcome>', 'sent: its sequence goes on; not-sent: it is sent again')
        .choices(['sent', 'not-sent'])
        .makeOptionMandatory(),
    )
    .option('--note <text>', 'why')
    .addHelpText('after', help)
    .action(resolve)
}

async function resolve(
  id: string,
  options: TenantOptions & { as: Resolution['as']; note?: string },
): Promise<void> {
  if (!z.uuid().safeParse(id).success)
    throw new AppError('invalid_input', `"${id}" is no id of an email. See: rookery status`)
  const { as, note = null } = options
  await withDatabase(async ({ db, config }) => {
    const { id: tenantId } = await resolveTenant(db, options.tenant)
    const resolution = { tenantId, emailId: id, as, note, actor: accountName() }
    await resolveUnknown(db, resolution, config.reconcile.graceSeconds)
  })
  print({ id, as }, options, () =>
    as === 'sent' ? 'Resolved as sent; its sequence goes on.' : 'Resolved as not sent; it goes out again.',
  )
}
