import type { Command } from 'commander'
import { changeMailboxLimits } from '../../jobs/change-limits.ts'
import { changeMailbox, hasChange, type MailboxChange } from '../../mailboxes/change.ts'
import { defineLimits, type MailboxLimits, mailboxRanges } from '../../mailboxes/definition.ts'
import { setMailboxServers } from '../../mailboxes/store.ts'
import { unparkUnreachable } from '../../sending/look-plan-store.ts'
import { decimal, type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveMailbox, resolveTenant, withDatabase } from '../session.ts'

const help = `
A new user name wants its password: rookery mailbox password ADDRESS. Try the change with
rookery mailbox test ADDRESS. With another kind of security comes its usual port, unless one is given.

Examples:
  $ rookery mailbox set robin@acme.example --name "Robin Rook"
  $ rookery mailbox set robin@acme.example --smtp-host mail.acme.example --smtp-security tls
  $ rookery mailbox set robin@acme.example --daily-limit 40 --min-gap 90`

interface SetOptions extends TenantOptions {
  name?: string
  smtpHost?: string
  smtpPort?: number
  smtpSecurity?: string
  username?: string
  auth: boolean
  insecureAuth?: boolean
  imapHost?: string
  imapPort?: number
  imapSecurity?: string
  imapUsername?: string
  dailyLimit?: number
  rollingLimit?: number
  hourlyLimit?: number
  minGap?: number
  maxConnections?: number
  syncInterval?: number
  timezone?: string
}

export function addMailboxSetCommand(group: Command): void {
  withTenant(withOutput(group.command('set').argument('<address>')))
    .description('Change the name, the servers or the limits of a mailbox. Its lanes look again at once.')
    .option('--name <name>', 'the name that recipients see')
    .option('--smtp-host <host>', 'the server that takes its mail')
    .option('--smtp-port <port>', 'its port', wholeNumber(mailboxRanges.port))
    .option('--smtp-security <how>', 'starttls, tls or none')
    .option('--username <name>', 'for logging in')
    .option('--no-auth', 'do not log in any more')
    .option('--insecure-auth', 'allow password and mail to cross the network unencrypted')
    .option('--imap-host <host>', 'the server that holds its inbox')
    .option('--imap-port <port>', 'its port', wholeNumber(mailboxRanges.port))
    .option('--imap-security <how>', 'tls, starttls or none')
    .option('--imap-username <name>', 'for logging in there')
    .option('--daily-limit <n>', 'emails a day in its own zone', wholeNumber(mailboxRanges.dailyLimit))
    .option('--rolling-limit <n>', 'emails in any 24 hours', wholeNumber(mailboxRanges.rollingLimit))
    .option('--hourly-limit <n>', 'emails in any hour', wholeNumber(mailboxRanges.hourlyLimit))
    .option('--min-gap <seconds>', 'least time between two emails', decimal(mailboxRanges.minGapSeconds))
    .option('--max-connections <n>', 'SMTP connections at a time', wholeNumber(mailboxRanges.maxConnections))
    .option(
      '--sync-interval <seconds>',
      'how often its inbox is read',
      wholeNumber(mailboxRanges.syncIntervalSeconds),
    )
    .option('--timezone <zone>', 'the zone of its day')
    .addHelpText('after', help)
    .action(set)
}

async function set(address: string, options: SetOptions): Promise<void> {
  const change = toChange(options)
  const limits = readLimits(options, !hasChange(change))
  await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = await resolveMailbox(db, tenant.id, address)
    const changed = hasChange(change) ? changeMailbox(mailbox, change) : undefined
    await db.transaction().execute(async (trx) => {
      if (options.imapHost) await unparkUnreachable(trx, { tenantId: tenant.id, id: mailbox.id })
      // It locks the mailbox's budgets, which come before its row.
      if (limits) await changeMailboxLimits(trx, mailbox, limits)
      if (changed) await setMailboxServers(trx, mailbox, changed)
    })
  })
  const { displayName: name, smtp, imap } = change
  print({ address, name, smtp, imap, ...limits }, options, () => `Changed ${address}.`)
}

function readLimits(options: SetOptions, required: boolean): MailboxLimits | undefined {
  const given = {
    dailyLimit: options.dailyLimit,
    rollingLimit: options.rollingLimit,
    hourlyLimit: options.hourlyLimit,
    minGapSeconds: options.minGap,
    maxConnections: options.maxConnections,
    syncIntervalSeconds: options.syncInterval,
    timezone: options.timezone,
  }
  const some = Object.values(given).some((value) => value !== undefined)
  return some || required ? defineLimits(given) : undefined
}

function toChange(options: SetOptions): MailboxChange {
  return {
    displayName: options.name,
    smtp: {
      host: options.smtpHost,
      port: options.smtpPort,
      security: options.smtpSecurity,
      username: options.auth ? options.username : null,
      insecureAuth: options.insecureAuth,
    },
    imap: {
      host: options.imapHost,
      port: options.imapPort,
      security: options.imapSecurity,
      username: options.imapUsername,
    },
  }
}
