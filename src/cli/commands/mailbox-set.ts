import type { Command } from 'commander'
import { defineLimits } from '../../mailboxes/definition.ts'
import { setMailboxLimits } from '../../mailboxes/store.ts'
import { decimal, type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveMailbox, resolveTenant, withDatabase } from '../session.ts'

interface SetOptions extends TenantOptions {
  dailyLimit?: number
  rollingLimit?: number
  minGap?: number
  maxConnections?: number
  timezone?: string
}

export function addMailboxSetCommand(group: Command): void {
  withTenant(withOutput(group.command('set').argument('<address>')))
    .description('Change the limits of a mailbox. Its lanes look again at once.')
    .option('--daily-limit <n>', 'emails a day in its own zone', wholeNumber)
    .option('--rolling-limit <n>', 'emails in any 24 hours', wholeNumber)
    .option('--min-gap <seconds>', 'least time between two emails', decimal)
    .option('--max-connections <n>', 'SMTP connections at a time', wholeNumber)
    .option('--timezone <zone>', 'the zone of its day')
    .action(setLimits)
}

async function setLimits(address: string, options: SetOptions): Promise<void> {
  const limits = defineLimits({
    dailyLimit: options.dailyLimit,
    rollingLimit: options.rollingLimit,
    minGapSeconds: options.minGap,
    maxConnections: options.maxConnections,
    timezone: options.timezone,
  })
  await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = await resolveMailbox(db, tenant.id, address)
    await db.transaction().execute((trx) => setMailboxLimits(trx, mailbox, limits))
  })
  print({ address, ...limits }, options, () => `Changed the limits of ${address}.`)
}
