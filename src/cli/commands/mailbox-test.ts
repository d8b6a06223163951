import type { Command } from 'commander'
import { AppError } from '../../core/errors.ts'
import type { Db } from '../../db/connect.ts'
import { findCredential } from '../../mailboxes/credentials.ts'
import { listMailboxes, type Mailbox } from '../../mailboxes/store.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import type { SmtpMailbox } from '../../smtp/security.ts'
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

async function test(address: string | undefined, options: TenantOptions): Promise<void> {
  const results = await withDatabase(async ({ db, config }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailboxes = address
      ? [await resolveMailbox(db, tenant.id, address)]
      : await listMailboxes(db, tenant.id)
    const sealer = await openSealer(config)
    return tryAll(db, sealer, mailboxes)
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

type Result = MailboxCheck & { address: string }

// At a time; more would look like an attack to a provider that many of them share.
const batchSize = 10

async function tryAll(db: Db, sealer: Sealer, mailboxes: readonly Mailbox[]): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < mailboxes.length; start += batchSize) {
    const batch = mailboxes.slice(start, start + batchSize)
    results.push(...(await Promise.all(batch.map((mailbox) => tryMailbox(db, sealer, mailbox)))))
  }
  return results
}

async function tryMailbox(db: Db, sealer: Sealer, mailbox: Mailbox): Promise<Result> {
  const address = mailbox.email_address
  try {
    const place = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id }
    const password = await findCredential(db, sealer, { ...place, field: 'smtp_password' })
    return { address, ...(await verifyMailbox(toSmtpMailbox(mailbox, password))) }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'sealed_secret_unreadable') throw error
    return { address, ok: false, code: error.code, detail: error.message }
  }
}

function toSmtpMailbox(mailbox: Mailbox, password: string | undefined): SmtpMailbox {
  return {
    id: mailbox.id,
    host: mailbox.smtp_host,
    port: mailbox.smtp_port,
    security: mailbox.smtp_security,
    username: mailbox.smtp_username ?? undefined,
    password,
    maxConnections: 1,
    insecureAuth: mailbox.smtp_insecure_auth,
    provider: mailbox.provider_id,
  }
}
