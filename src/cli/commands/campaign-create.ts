import type { Command } from 'commander'
import { createCampaign, readCampaignFile } from '../campaign-definition.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { formatCount, print } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

const help = `
The file is YAML: name, timezone, mailboxes, window and steps; docs/campaigns.md describes every key. What is wrong
in it is listed with its line. The campaign is a draft until it is launched.

Example:
  $ rookery campaign create -f examples/campaign.yaml`

export function addCampaignCreateCommand(group: Command): void {
  withTenant(withOutput(group.command('create')))
    .description('Create a campaign from a file.')
    .requiredOption('-f, --file <file.yaml>', 'the campaign')
    .option('--replace', 'instead of a draft of the same name')
    .addHelpText('after', help)
    .action(create)
}

async function create(options: TenantOptions & { file: string; replace?: boolean }): Promise<void> {
  const definition = await readCampaignFile(options.file)
  const { campaign, mailboxes } = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return createCampaign(db, tenant.id, definition, options)
  })
  const name = campaign.campaign_name
  const steps = definition.steps.length
  print({ id: campaign.id, name, status: campaign.status, steps, mailboxes }, options, () =>
    [
      `Created "${name}": ${formatCount(steps, 'step')}, from ${formatCount(mailboxes, 'mailbox', 'mailboxes')}.`,
      `See what it would send: rookery campaign preview "${name}"`,
      `Let it go:              rookery campaign launch "${name}"`,
    ].join('\n'),
  )
}
