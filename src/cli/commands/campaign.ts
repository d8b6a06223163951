import type { Command } from 'commander'
import { deleteDraft } from '../../campaigns/create-store.ts'
import { type Campaign, listCampaigns, setCampaignPaused } from '../../campaigns/store.ts'
import { AppError } from '../../core/errors.ts'
import type { Db } from '../../db/connect.ts'
import { resumeCampaign } from '../../jobs/guardrails/resume.ts'
import { accountName } from '../account-name.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print, printTable } from '../output.ts'
import { resolveCampaign, resolveTenant, withDatabase } from '../session.ts'
import { addCampaignCreateCommand } from './campaign-create.ts'
import { addCampaignLaunchCommand } from './campaign-launch.ts'
import { addCampaignPreviewCommand } from './campaign-preview.ts'
import { addCampaignReportCommand } from './campaign-report.ts'
import { addCampaignSetCommand } from './campaign-set.ts'

export function addCampaignCommands(program: Command): void {
  const group = program.command('campaign').description('Sequences of emails to leads.')
  addCampaignCreateCommand(group)
  withTenant(withOutput(group.command('list')))
    .description('List the campaigns, newest first.')
    .action(list)
  addCampaignPreviewCommand(group)
  addCampaignLaunchCommand(group)
  addCampaignSetCommand(group)
  withTenant(withOutput(group.command('pause').argument('<name>')))
    .description('Send nothing of a campaign until it is resumed. What is on the wire finishes.')
    .option('--reason <text>', 'why', 'paused by hand')
    .action(pause)
  withTenant(withOutput(group.command('resume').argument('<name>')))
    .description('Let a paused campaign go on.')
    .action(resume)
  withTenant(withOutput(group.command('delete').argument('<name>')))
    .description('Delete a draft. What was launched is kept: its emails are accounted for.')
    .action(remove)
  addCampaignReportCommand(group)
}

async function list(options: TenantOptions): Promise<void> {
  const campaigns = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return listCampaigns(db, tenant.id)
  })
  printTable(
    campaigns.map(present),
    options,
    {
      campaign: (row) => row.name,
      status: (row) => row.status,
      lane: (row) => row.lane,
      timezone: (row) => row.timezone,
      created: (row) => row.createdAt,
      launched: (row) => row.startedAt,
      completed: (row) => row.completedAt,
      because: (row) => row.statusReason,
    },
    'There is no campaign yet. Create one: rookery campaign create -f FILE.yaml',
  )
}

async function pause(name: string, options: TenantOptions & { reason: string }): Promise<void> {
  await withDatabase(async ({ db }) => {
    const campaign = await resolveNamed(db, name, options)
    if (!(await setCampaignPaused(db, campaign, options.reason))) throw isNot(campaign, 'active')
  })
  print({ name, status: 'paused' }, options, () => `Paused "${name}": ${options.reason}.`)
}

async function resume(name: string, options: TenantOptions): Promise<void> {
  await withDatabase(async ({ db }) => {
    const campaign = await resolveNamed(db, name, options)
    const resumed = await db.transaction().execute((trx) => resumeCampaign(trx, campaign, accountName()))
    if (!resumed) throw isNot(campaign, 'paused')
  })
  print({ name, status: 'active' }, options, () => `"${name}" goes on.`)
}

async function remove(name: string, options: TenantOptions): Promise<void> {
  await withDatabase(async ({ db }) => {
    const campaign = await resolveNamed(db, name, options)
    if (!(await deleteDraft(db, campaign.tenant_id, name))) throw isNot(campaign, 'a draft')
  })
  print({ name, deleted: true }, options, () => `Deleted the draft "${name}".`)
}

async function resolveNamed(db: Db, name: string, options: TenantOptions): Promise<Campaign> {
  const tenant = await resolveTenant(db, options.tenant)
  return resolveCampaign(db, tenant.id, name)
}

function isNot({ campaign_name, status }: Campaign, wanted: string): AppError {
  return new AppError('conflict', `"${campaign_name}" is not ${wanted}: it is ${status}.`)
}

function present(row: Campaign) {
  return {
    id: row.id,
    name: row.campaign_name,
    status: row.status,
    statusReason: row.status_reason,
    lane: row.lane,
    timezone: row.timezone,
    dailyLimit: row.daily_limit,
    newLeadsPerDay: row.new_leads_per_day,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
  }
}
