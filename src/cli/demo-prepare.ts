import { promises as fs } from 'node:fs'
import path from 'node:path'
import type { Config } from '../app/config.ts'
import type { OpenDatabase } from '../app/database.ts'
import { nearPath } from '../app/demo-fleet.ts'
import type { Campaign } from '../campaigns/store.ts'
import { secondsADay } from '../lab/demo-clock.ts'
import { renewDatabase } from '../lab/demo-database.ts'
import type { ProviderProcess } from '../lab/demo-provider.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgres } from '../lab/embedded-postgres.ts'
import type { DemoScreen } from './demo-screen.ts'
import {
  createTenantWithMailboxes,
  importDemoLeads,
  launchDemoCampaign,
  openDemoDatabase,
  startDemoProvider,
  suppressThoseWhoAsked,
} from './demo-setup.ts'
import type { LeadImportReport } from './lead-import.ts'
import { formatCount } from './output.ts'

export type Cleanups = (() => Promise<unknown>)[]

/** Starts the demo's PostgreSQL, with an empty database; throws `conflict` while another demo uses it. */
export async function startDatabase(config: Config, screen: DemoScreen, cleanups: Cleanups): Promise<string> {
  const directory = path.join(config.home, 'postgres')
  await fs.mkdir(config.home, { recursive: true, mode: 0o711 })
  return screen.step(
    'Starting PostgreSQL',
    async () => {
      const { url } = await ensureEmbeddedPostgres({ directory })
      const renewed = await renewDatabase(url)
      cleanups.push(
        () => stopEmbeddedPostgres(directory),
        () => renewed.release(),
      )
      return url
    },
    () => `PostgreSQL runs, with an empty database, in ${nearPath(directory)}`,
  )
}

export interface Prepared {
  database: OpenDatabase
  provider: ProviderProcess
  campaign: Campaign
  imported: LeadImportReport
}

/** Everything up to the launch; what it starts is in `cleanups`, to be run in reverse. */
export async function prepare(
  config: Config,
  url: string,
  screen: DemoScreen,
  signal: AbortSignal,
  cleanups: Cleanups,
): Promise<Prepared> {
  const step: DemoScreen['step'] = (...of) => {
    signal.throwIfAborted()
    return screen.step(...of)
  }
  const database = await step(
    'Creating tables and queues',
    () => openDemoDatabase(config, url),
    () => 'Tables and queues created',
  )
  cleanups.push(() => database.close())
  const provider = await step(
    'Starting a mail provider',
    () => startDemoProvider(),
    ({ port }) => `A mail provider listens on 127.0.0.1:${port}; some recipients fail, some answer`,
  )
  cleanups.push(() => provider.stop())
  const { db } = database
  const tenant = await step(
    'Adding mailboxes',
    () => createTenantWithMailboxes(db, config, provider),
    ({ name }) => `Tenant "${name}" has four mailboxes (SMTP and IMAP), their passwords sealed`,
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
    () => 'A company and three people are suppressed: they asked not to be mailed',
  )
  const campaign = await step(
    'Launching the campaign',
    () => launchDemoCampaign(db, tenant.id, 'first'),
    ({ campaign_name }) =>
      `"${campaign_name}" launched, with a compressed clock: a day of delay takes ${secondsADay} seconds`,
  )
  return { database, provider, campaign, imported }
}
