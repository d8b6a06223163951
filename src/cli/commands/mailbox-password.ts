import type { Command } from 'commander'
import { AppError } from '../../core/errors.ts'
import type { Mailbox } from '../../mailboxes/store.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { readPassword } from '../password.ts'
import { openSealer, resolveMailbox, resolveTenant, withDatabase } from '../session.ts'
import { type MailboxPasswords, storePasswords } from './mailbox-add.ts'

interface PasswordOptions extends TenantOptions {
  passwordFile?: string
  only?: string
}

export function addMailboxPasswordCommand(group: Command): void {
  withTenant(withOutput(group.command('password').argument('<address>')))
    .description('Replace the password of a mailbox.')
    .option('--password-file <file>', 'a file with the password, - for stdin')
    .option('--only <protocol>', 'smtp or imap, where the two differ')
    .action(replace)
}

async function replace(address: string, options: PasswordOptions): Promise<void> {
  const { only } = options
  if (only !== undefined && only !== 'smtp' && only !== 'imap')
    throw new AppError('invalid_input', `--only must be smtp or imap, not "${only}".`)
  await withDatabase(async ({ db, config }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = await resolveMailbox(db, tenant.id, address)
    const passwords = chooseFields(
      mailbox,
      only,
    )(await readPassword(options.passwordFile, `Password of ${address}`))
    const sealer = await openSealer(config)
    await db.transaction().execute((trx) => storePasswords(trx, sealer, mailbox, passwords))
  })
  print({ address, changed: true }, options, () => `Replaced the password of ${address}.`)
}

/** Only where the mailbox logs in. */
function chooseFields(
  mailbox: Mailbox,
  only: 'smtp' | 'imap' | undefined,
): (password: string) => MailboxPasswords {
  const smtp = mailbox.smtp_username !== null && only !== 'imap'
  const imap = mailbox.imap_username !== null && only !== 'smtp'
  if (!smtp && !imap)
    throw new AppError(
      'invalid_input',
      `${mailbox.email_address} does not log in there: it has no user name.`,
    )
  return (password) => ({ ...(smtp && { smtp: password }), ...(imap && { imap: password }) })
}
