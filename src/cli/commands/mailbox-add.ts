import type { Command } from 'commander'
import type { Trx } from '../../db/connect.ts'
import { setCredential } from '../../mailboxes/credentials.ts'
import { defineMailbox, type MailboxDefinition, mailboxRanges } from '../../mailboxes/definition.ts'
import { insertMailbox, type Mailbox } from '../../mailboxes/store.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import { decimal, type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { readPassword } from '../password.ts'
import { openSealer, resolveTenant, withDatabase } from '../session.ts'

const help = `
The password is asked for, or read from a file; it is never an argument, since those are visible to others.

Examples:
  $ rookery mailbox add robin@acme.example --smtp-host smtp.acme.example --name "Robin Rook" --daily-limit 40
  $ pass show robin | rookery mailbox add robin@acme.example --smtp-host smtp.acme.example --password-file -
  $ rookery mailbox add lab@acme.test --smtp-host 127.0.0.1 --smtp-port 2525 --no-auth`

interface AddOptions extends TenantOptions {
  smtpHost: string
  smtpPort?: number
  smtpSecurity?: string
  username?: string
  auth: boolean
  passwordFile?: string
  insecureAuth?: boolean
  imapHost?: string
  imapPort?: number
  imapSecurity?: string
  imapUsername?: string
  imapPasswordFile?: string
  name?: string
  dailyLimit?: number
  rollingLimit?: number
  hourlyLimit?: number
  minGap?: number
  maxConnections?: number
  timezone?: string
}

/** What is stored sealed; the same for both when only one is given. */
export interface MailboxPasswords {
  smtp?: string | undefined
  imap?: string | undefined
}

export function addMailboxAddCommand(group: Command): void {
  withTenant(withOutput(group.command('add').argument('<address>')))
    .description('Add a mailbox.')
    .requiredOption('--smtp-host <host>', 'the server that takes its mail')
    .option('--smtp-port <port>', 'default: 587, 465 with tls, 25 without', wholeNumber(mailboxRanges.port))
    .option('--smtp-security <how>', 'starttls, tls or none (default: starttls; none on this machine)')
    .option('--username <name>', 'for logging in (default: the address)')
    .option('--no-auth', 'do not log in')
    .option('--password-file <file>', 'a file with the password, - for stdin')
    .option('--insecure-auth', 'allow password and mail to cross the network unencrypted')
    .option('--imap-host <host>', 'the server that holds its inbox')
    .option('--imap-port <port>', 'default: 993, 143 without tls', wholeNumber(mailboxRanges.port))
    .option('--imap-security <how>', 'tls, starttls or none (default: tls; none on this machine)')
    .option('--imap-username <name>', 'default: as for SMTP')
    .option('--imap-password-file <file>', 'default: the password for SMTP')
    .option('--name <name>', 'the name that recipients see')
    .option(
      '--daily-limit <n>',
      'emails a day in its own zone (default: 500)',
      wholeNumber(mailboxRanges.dailyLimit),
    )
    .option(
      '--rolling-limit <n>',
      'emails in any 24 hours (default: the daily limit)',
      wholeNumber(mailboxRanges.rollingLimit),
    )
    .option('--hourly-limit <n>', 'emails in any hour', wholeNumber(mailboxRanges.hourlyLimit))
    .option(
      '--min-gap <seconds>',
      'least time between two emails (default: 0)',
      decimal(mailboxRanges.minGapSeconds),
    )
    .option(
      '--max-connections <n>',
      'SMTP connections at a time (default: 2)',
      wholeNumber(mailboxRanges.maxConnections),
    )
    .option('--timezone <zone>', 'the zone of its day (default: UTC)')
    .addHelpText('after', help)
    .action(add)
}

async function add(address: string, options: AddOptions): Promise<void> {
  const definition = defineMailbox(toInput(address, options))
  const passwords = await readPasswords(definition, options)
  const mailbox = await withDatabase(async ({ db, config }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const sealer = await openSealer(config)
    return db.transaction().execute(async (trx) => {
      const inserted = await insertMailbox(trx, tenant.id, definition)
      await storePasswords(trx, sealer, inserted, passwords)
      return inserted
    })
  })
  print({ id: mailbox.id, address: mailbox.email_address, provider: mailbox.provider_id }, options, () => {
    return `Added ${mailbox.email_address} (${mailbox.smtp_host}:${mailbox.smtp_port}, ${mailbox.smtp_security}). Try it: rookery mailbox test ${mailbox.email_address}`
  })
}

export async function storePasswords(
  trx: Trx,
  sealer: Sealer,
  mailbox: Mailbox,
  passwords: MailboxPasswords,
): Promise<void> {
  const place = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id }
  if (passwords.smtp) await setCredential(trx, sealer, { ...place, field: 'smtp_password' }, passwords.smtp)
  if (passwords.imap) await setCredential(trx, sealer, { ...place, field: 'imap_password' }, passwords.imap)
}

async function readPasswords(
  { address, smtp, imap }: MailboxDefinition,
  options: AddOptions,
): Promise<MailboxPasswords> {
  const smtpPassword = smtp.username
    ? await readPassword(options.passwordFile, `Password of ${address}`)
    : undefined
  const imapPassword =
    imap?.username && (options.imapPasswordFile || !smtpPassword)
      ? await readPassword(options.imapPasswordFile, `IMAP password of ${address}`)
      : smtpPassword
  return { smtp: smtpPassword, imap: imap && imapPassword }
}

function toInput(address: string, options: AddOptions) {
  const username = options.username ?? (options.auth ? address.trim() : undefined)
  return {
    address,
    displayName: options.name,
    smtp: {
      host: options.smtpHost,
      port: options.smtpPort,
      security: options.smtpSecurity,
      username,
      insecureAuth: options.insecureAuth,
    },
    imap: options.imapHost && {
      host: options.imapHost,
      port: options.imapPort,
      security: options.imapSecurity,
      username: options.imapUsername ?? username ?? address.trim(),
    },
    dailyLimit: options.dailyLimit,
    rollingLimit: options.rollingLimit,
    hourlyLimit: options.hourlyLimit,
    minGapSeconds: options.minGap,
    maxConnections: options.maxConnections,
    timezone: options.timezone,
  }
}
