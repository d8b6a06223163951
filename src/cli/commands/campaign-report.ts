import type { Command } from 'commander'
import { findLastPass, listStepFigures, type StepFigures } from '../../analytics/report-store.ts'
import { type CampaignReport, reportCampaign, streamLeadEnds } from '../../campaigns/report.ts'
import type { EnrolledLead } from '../../campaigns/report-store.ts'
import { describeLeads, describeReport } from '../campaign-figures.ts'
import { describeSteps } from '../funnel-figures.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveCampaign, resolveTenant, withDatabase } from '../session.ts'

export function addCampaignReportCommand(group: Command): void {
  withTenant(withOutput(group.command('report').argument('<name>')))
    .description('Account for every lead and every email of a campaign, and for what came of them.')
    .option('--leads', 'list every lead with how it ended, or what it waits for')
    .action(report)
}

async function report(name: string, options: TenantOptions & { leads?: boolean }): Promise<void> {
  const result = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const campaign = await resolveCampaign(db, tenant.id, name)
    const account = await reportCampaign(db, campaign)
    const list = options.leads ? await Array.fromAsync(streamLeadEnds(db, campaign)) : undefined
    const funnel = await listStepFigures(db, { tenantId: tenant.id, campaignId: campaign.id })
    const countedAt = await findLastPass(db)
    return { ...account, funnel, countedAt: countedAt ?? null, ...(list ? { list } : {}) }
  })
  print(result, options, describe)
}

interface Shown extends CampaignReport {
  funnel: StepFigures[]
  countedAt: Date | null
  list?: EnrolledLead[]
}

function describe(result: Shown): string {
  const parts = [describeReport(result)]
  if (!result.countedAt)
    parts.push('What came of them has not been counted yet: the analytics worker does so every hour.')
  else if (result.funnel.length > 0) parts.push(describeSteps(result.funnel, result.countedAt))
  if (result.list) parts.push(describeLeads(result.list))
  return parts.join('\n\n')
}
