import type { Command } from 'commander'
import pLimit from 'p-limit'
import type { Db } from '../../db/connect.ts'
import { findCredential } from '../../mailboxes/credentials.ts'
import { listMailboxes, type Mailbox } from '../../mailboxes/store.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import { type MailboxCheck, verifyMailbox } from '../../smtp/verify.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { printTable } from '../output.ts'
import { openSealer, resolveMailbox, resolveTenant, withDatabase } from '../session.ts'

export function addMailboxTestCommand(group: Command): void {
  withTenant(withOutput(group.command('test').argument('[address]')))
    .description('Connect to the SMTP server and log in, without sending anything.')
    .addHelpText('after', '\nWithout an address, every mailbox is tried. Exit code 1 if any fails.')
    .action(test)
}

// More would look like an attack to a provider that many of them share.
const atOnce = pLimit(10)

async function test(address: string | undefined, options: TenantOptions): Promise<void> {
  const results = await withDatabase(async ({ db, config }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailboxes = address
      ? [await resolveMailbox(db, tenant.id, address)]
      : await listMailboxes(db, tenant.id)
    const sealer = await openSealer(config)
    const attempts = mailboxes.map((mailbox) =>
      atOnce(async () => ({
        address: mailbox.email_address,
        ...(await tryMailbox(db, sealer, mailbox)),
      })),
    )
    return Promise.all(attempts)
  })
  if (results.some((result) => !result.ok)) process.exitCode = 1
  printTable(
    results,
    options,
    {
      mailbox: (row) => row.address,
      smtp: (row) => (row.ok ? 'works' : 'fails'),
      code: (row) => (row.ok ? null : row.code),
      detail: (row) => (row.ok ? null : row.detail),
    },
    'There is no mailbox yet. Add one: rookery mailbox add ADDRESS --smtp-host HOST',
  )
}

async function tryMailbox(db: Db, sealer: Sealer, mailbox: Mailbox): Promise<MailboxCheck> {
  const place = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id }
  const password = await findCredential(db, sealer, { ...place, field: 'smtp_password' })
  return verifyMailbox({
    id: mailbox.id,
    host: mailbox.smtp_host,
    port: mailbox.smtp_port,
    security: mailbox.smtp_security,
    username: mailbox.smtp_username ?? undefined,
    password,
    maxConnections: 1,
    insecureAuth: mailbox.smtp_insecure_auth,
    provider: mailbox.provider_id,
  })
}
