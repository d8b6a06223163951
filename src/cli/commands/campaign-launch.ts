import type { Command } from 'commander'
import { assertNoBlanks, checkLaunch, type LaunchCheck, launchedAlready } from '../../campaigns/launch.ts'
import { type Campaign, setCampaignLaunched } from '../../campaigns/store.ts'
import type { Db } from '../../db/connect.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { formatCount, print } from '../output.ts'
import { resolveCampaign, resolveTenant, withDatabase } from '../session.ts'

const help = `
Every variable of every lead is looked at first: a launch that would leave a blank in an email is refused, with the
leads and the variables. The scheduler then plans the emails; "rookery status" says whether one runs.`

export function addCampaignLaunchCommand(group: Command): void {
  withTenant(withOutput(group.command('launch').argument('<name>')))
    .description('Let a campaign go out.')
    .addHelpText('after', help)
    .action(launch)
}

async function launch(name: string, options: TenantOptions): Promise<void> {
  const { leads, mailboxes } = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const campaign = await resolveCampaign(db, tenant.id, name)
    return launchCampaign(db, campaign, options.json ? Number.POSITIVE_INFINITY : undefined)
  })
  print({ name, status: 'active', leads, mailboxes }, options, () =>
    [
      `Launched "${name}" for ${formatCount(leads, 'lead')}. The scheduler plans the emails now.`,
      `Follow it: rookery campaign report "${name}"`,
    ].join('\n'),
  )
}

/** Throws `invalid_input` where an email would have a blank, `conflict` when the campaign is no draft. */
export async function launchCampaign(db: Db, campaign: Campaign, showBlanks = 20): Promise<LaunchCheck> {
  const check = await checkLaunch(db, campaign, { showBlanks })
  assertNoBlanks(campaign, check)
  if (!(await setCampaignLaunched(db, campaign))) throw launchedAlready(campaign, 'active')
  return check
}
