import { promises as fs } from 'node:fs'
import path from 'node:path'
import type { Config } from '../app/config.ts'
import type { OpenDatabase } from '../app/database.ts'
import { nearPath, readDemoConfig, startDemoFleet } from '../app/demo-fleet.ts'
import type { Campaign } from '../campaigns/store.ts'
import { AppError } from '../core/errors.ts'
import { compareAccounts } from '../lab/demo-accounts.ts'
import { renewDatabase } from '../lab/demo-database.ts'
import type { ProviderProcess } from '../lab/demo-provider.ts'
import { listClaimedEmails, listLateDeliveries } from '../lab/demo-store.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgres } from '../lab/embedded-postgres.ts'
import type { DemoReport } from './demo-report.ts'
import type { DemoScreen } from './demo-screen.ts'
import {
  createTenantWithMailboxes,
  importDemoLeads,
  isSuppressed,
  launchDemoCampaign,
  openDemoDatabase,
  startDemoProvider,
  suppressThoseWhoAsked,
} from './demo-setup.ts'
import { type Watched, watchCampaign } from './demo-watch.ts'
import type { LeadImportReport } from './lead-import.ts'
import { formatCount } from './output.ts'

const watchSeconds = 60

type Cleanups = (() => Promise<unknown>)[]

/**
 * The whole demo, from nothing to the two accounts. What it starts is in `cleanups`, to be run in reverse;
 * with `keep` the workers still run when it resolves.
 */
export async function runDemo(
  screen: DemoScreen,
  signal: AbortSignal,
  cleanups: Cleanups,
  keep: boolean,
): Promise<DemoReport> {
  const startedAt = performance.now()
  const { config, environment, commandPrefix } = readDemoConfig()
  screen.write(
    'Rookery demo: a two-step campaign to a thousand leads, from four mailboxes, over real SMTP.\n',
  )
  const url = await startDatabase(config, screen, cleanups)
  signal.throwIfAborted()
  const { database, provider, campaign, imported } = await prepare(config, url, screen, signal, cleanups)

  const logFile = path.join(config.home, 'workers.log')
  const fleet = startDemoFleet(config, environment, url, logFile)
  cleanups.push(() => fleet.stop())
  screen.write('  ✓ Three worker processes started: a scheduler, two senders')
  const died = fleet.ended.then((): Watched => {
    throw new AppError('internal', `The worker processes have ended. What they said: ${logFile}`)
  })
  const watching = watchCampaign(database.db, campaign, {
    show: screen.show,
    signal,
    timeoutSeconds: watchSeconds,
  })
  const watched = await Promise.race([watching, died])
  screen.write('')
  if (!keep) await fleet.stop()
  return {
    report: watched.report,
    imported,
    lateDeliveries: await listLateDeliveries(database.db),
    comparison: await compare(database, provider),
    complete: watched.complete,
    sendingSeconds: watched.seconds,
    totalSeconds: (performance.now() - startedAt) / 1000,
    home: config.home,
    commandPrefix,
  }
}

/** Starts the demo's PostgreSQL, with an empty database; throws `conflict` while another demo uses it. */
async function startDatabase(config: Config, screen: DemoScreen, cleanups: Cleanups): Promise<string> {
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

interface Prepared {
  database: OpenDatabase
  provider: ProviderProcess
  campaign: Campaign
  imported: LeadImportReport
}

async function prepare(
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
    ({ port }) => `A mail provider listens on 127.0.0.1:${port}; for some recipients it fails on purpose`,
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
    () => 'A company and three people are suppressed: they asked not to be mailed',
  )
  const campaign = await step(
    'Launching the campaign',
    () => launchDemoCampaign(db, tenant),
    ({ campaign_name }) =>
      `"${campaign_name}" launched, with a compressed clock: a day of delay takes a second`,
  )
  return { database, provider, campaign, imported }
}

async function compare({ db }: OpenDatabase, provider: ProviderProcess) {
  const account = await provider.readAccount()
  return compareAccounts(await listClaimedEmails(db), account, isSuppressed)
}
