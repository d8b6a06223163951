import type { Command } from 'commander'
import type { Db } from '../../db/connect.ts'
import { resumeMailbox } from '../../jobs/guardrails/resume.ts'
import { listMailboxes, type Mailbox, type MailboxListing, setMailboxPaused } from '../../mailboxes/store.ts'
import { accountName } from '../account-name.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print, printTable } from '../output.ts'
import { resolveMailbox, resolveTenant, withDatabase } from '../session.ts'
import { addMailboxAddCommand } from './mailbox-add.ts'
import { addMailboxPasswordCommand } from './mailbox-password.ts'
import { addMailboxRemoveCommand } from './mailbox-remove.ts'
import { addMailboxSetCommand } from './mailbox-set.ts'
import { addMailboxTestCommand } from './mailbox-test.ts'

export function addMailboxCommands(program: Command): void {
  const group = program.command('mailbox').description('The mailboxes that send.')
  addMailboxAddCommand(group)
  withTenant(withOutput(group.command('list')))
    .description('List the mailboxes and what holds them up.')
    .action(list)
  addMailboxTestCommand(group)
  addMailboxSetCommand(group)
  addMailboxPasswordCommand(group)
  withTenant(withOutput(group.command('pause').argument('<address>')))
    .description('Send nothing from a mailbox until it is resumed. What is on the wire finishes.')
    .option('--reason <text>', 'why', 'paused by hand')
    .action(pause)
  withTenant(withOutput(group.command('resume').argument('<address>')))
    .description('Let a mailbox send again.')
    .action(resume)
  addMailboxRemoveCommand(group)
}

async function list(options: TenantOptions): Promise<void> {
  const mailboxes = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return listMailboxes(db, tenant.id)
  })
  printTable(
    mailboxes.map(present),
    options,
    {
      mailbox: (row) => row.address,
      status: (row) => row.status,
      provider: (row) => row.provider,
      smtp: (row) => `${row.smtp.host}:${row.smtp.port}`,
      'a day': (row) => row.dailyLimit,
      gap: (row) => `${row.minGapSeconds} s`,
      timezone: (row) => row.timezone,
      'waits because': (row) => row.statusReason ?? row.blockedReason,
    },
    'There is no mailbox yet. Add one: rookery mailbox add ADDRESS --smtp-host HOST',
  )
}

async function pause(address: string, options: TenantOptions & { reason: string }): Promise<void> {
  await change(address, options, (db, mailbox) =>
    db
      .transaction()
      .execute((trx) => setMailboxPaused(trx, mailbox, { code: 'by_hand', reason: options.reason })),
  )
  print({ address, status: 'paused' }, options, () => `Paused ${address}: ${options.reason}.`)
}

async function resume(address: string, options: TenantOptions): Promise<void> {
  await change(address, options, (db, mailbox) =>
    db.transaction().execute(async (trx) => {
      await resumeMailbox(trx, mailbox, accountName())
    }),
  )
  print({ address, status: 'active' }, options, () => `${address} sends again.`)
}

async function change(
  address: string,
  options: TenantOptions,
  act: (db: Db, mailbox: Mailbox) => Promise<void>,
): Promise<void> {
  await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    await act(db, await resolveMailbox(db, tenant.id, address))
  })
}

function present(row: MailboxListing) {
  return {
    id: row.id,
    address: row.email_address,
    displayName: row.display_name,
    status: row.status,
    statusReason: row.status_reason,
    pausedCode: row.paused_code,
    pausedUntil: row.paused_until,
    blockedReason: row.blocked_reason,
    provider: row.provider_id,
    smtp: {
      host: row.smtp_host,
      port: row.smtp_port,
      security: row.smtp_security,
      username: row.smtp_username,
    },
    imap: row.imap_host && {
      host: row.imap_host,
      port: row.imap_port,
      security: row.imap_security,
      username: row.imap_username,
    },
    dailyLimit: row.daily_limit,
    rollingLimit: row.rolling_limit,
    hourlyLimit: row.hourly_limit,
    minGapSeconds: row.min_gap_seconds,
    maxConnections: row.max_connections,
    syncIntervalSeconds: row.sync_interval_seconds,
    timezone: row.timezone,
  }
}
