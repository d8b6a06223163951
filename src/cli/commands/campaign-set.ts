import type { Command } from 'commander'
import { campaignLimitRange } from '../../campaigns/limits-store.ts'
import { AppError } from '../../core/errors.ts'
import { changeCampaignLimits } from '../../jobs/change-limits.ts'
import {
  liftNone,
  type NumberOrNone,
  numberOrNone,
  type TenantOptions,
  withOutput,
  withTenant,
} from '../options.ts'
import { print } from '../output.ts'
import { resolveCampaign, resolveTenant, withDatabase } from '../session.ts'

interface SetOptions extends TenantOptions {
  dailyLimit?: NumberOrNone
  newLeadsPerDay?: NumberOrNone
}

const limit = numberOrNone(campaignLimitRange)

export function addCampaignSetCommand(group: Command): void {
  withTenant(withOutput(group.command('set').argument('<name>')))
    .description('Change the limits of a campaign, also while it runs.')
    .option('--daily-limit <n>', 'emails in a day of its zone; none lifts it', limit)
    .option('--new-leads-per-day <n>', 'first emails in such a day; none lifts it', limit)
    .addHelpText('after', '\nExample:\n  $ rookery campaign set autumn --new-leads-per-day 200')
    .action(set)
}

async function set(name: string, { dailyLimit, newLeadsPerDay, ...options }: SetOptions): Promise<void> {
  const limits = { dailyLimit: liftNone(dailyLimit), newLeadsPerDay: liftNone(newLeadsPerDay) }
  const given = Object.values(limits).filter((value) => value !== undefined)
  if (given.length === 0) throw new AppError('invalid_input', 'There is nothing to change: give a limit.')
  await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const campaign = await resolveCampaign(db, tenant.id, name)
    await db.transaction().execute((trx) => changeCampaignLimits(trx, campaign, limits))
  })
  print({ name, ...limits }, options, () => `Changed "${name}".`)
}
