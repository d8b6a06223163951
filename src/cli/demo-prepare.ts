import type { OpenDatabase } from '../app/database.ts'
import type { Campaign } from '../campaigns/store.ts'
import { secondsADay } from '../lab/demo-clock.ts'
import type { ProviderProcess } from '../lab/demo-provider.ts'
import type { Tenant } from '../tenants/store.ts'
import type { DemoScreen } from './demo-screen.ts'
import {
  createTenantWithMailboxes,
  importDemoLeads,
  launchDemoCampaign,
  startDemoProvider,
  suppressThoseWhoAsked,
} from './demo-setup.ts'
import type { Stage } from './demo-stage.ts'
import type { LeadImportReport } from './lead-import.ts'
import { formatCount } from './output.ts'

export interface Prepared {
  database: OpenDatabase
  provider: ProviderProcess
  tenant: Tenant
  campaign: Campaign
  imported: LeadImportReport
}

/** Everything up to the launch. */
export async function prepare({ demo, database, screen, signal, cleanups }: Stage): Promise<Prepared> {
  const { config } = demo
  const step: DemoScreen['step'] = (...of) => {
    signal.throwIfAborted()
    return screen.step(...of)
  }
  const provider = await step(
    'Starting a mail provider',
    () => startDemoProvider(),
    ({ port }) => `A mail provider listens on port ${port}; some recipients fail, some answer`,
  )
  cleanups.push(() => provider.stop())
  const { db } = database
  const tenant = await step(
    'Adding mailboxes',
    () => createTenantWithMailboxes(db, config, provider),
    ({ name }) => `Tenant "${name}" has four mailboxes, their passwords sealed`,
  )
  const imported = await step(
    'Importing leads',
    () => importDemoLeads(database, config, tenant),
    ({ inserted, rejected }) =>
      `examples/leads.csv: ${formatCount(inserted, 'lead')} imported, ${formatCount(rejected, 'row')} refused`,
  )
  await step(
    'Noting who asked not to be mailed',
    () => suppressThoseWhoAsked(db, tenant),
    () => 'A company and three people are suppressed: they asked for it',
  )
  const campaign = await step(
    'Launching the campaign',
    () => launchDemoCampaign(db, tenant.id, 'first'),
    ({ campaign_name }) => `"${campaign_name}" launched; a day of delay takes ${secondsADay} seconds`,
  )
  return { database, provider, tenant, campaign, imported }
}
