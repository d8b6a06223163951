import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Config } from '../app/config.ts'
import { type OpenDatabase, openDatabase } from '../app/database.ts'
import { migrateDatabase } from '../app/migrate.ts'
import type { Campaign } from '../campaigns/store.ts'
import type { Db } from '../db/connect.ts'
import { compressClock } from '../lab/demo-clock.ts'
import { type ProviderLogin, type ProviderProcess, startProviderProcess } from '../lab/demo-provider.ts'
import { setSyncInterval } from '../lab/demo-store.ts'
import { standardBehaviours } from '../lab/smtp-behaviours.ts'
import { defineMailbox } from '../mailboxes/definition.ts'
import { insertMailbox } from '../mailboxes/store.ts'
import { insertSuppressions } from '../suppression/store.ts'
import { insertTenant, type Tenant } from '../tenants/store.ts'
import { createCampaign, readCampaignFile } from './campaign-definition.ts'
import { launchCampaign } from './commands/campaign-launch.ts'
import { storePasswords } from './commands/mailbox-add.ts'
import { importLeadFile, type LeadImportReport } from './lead-import.ts'
import { openSealer } from './session.ts'

const examples = path.join(import.meta.dirname, '../../examples')
const leadFile = path.join(examples, 'leads.csv')
const campaignFiles = {
  first: path.join(examples, 'campaign.yaml'),
  second: path.join(examples, 'second-campaign.yaml'),
}

const senders = [
  { address: 'robin@wochenplan.test', displayName: 'Robin Rook' },
  { address: 'mira@wochenplan.test', displayName: 'Mira Kühn' },
  { address: 'jonas@wochenplan.test', displayName: 'Jonas Albrecht' },
  { address: 'anna@wochenplan.test', displayName: 'Anna Weiß' },
]

/** How often each mailbox is looked into. */
const syncSeconds = 2

/** As the notes in examples/leads.csv ask: one company as a whole, three people who rang. */
const suppressedDomain = 'quietpine.test'
const suppressedAddresses = [
  'ottilie.unruh@linden.test',
  'ines.valadares@olive-foods.test',
  'cormac.delaney@hawthorn-media.test',
]

export function isSuppressed(recipient: string): boolean {
  return suppressedAddresses.includes(recipient) || recipient.endsWith(`@${suppressedDomain}`)
}

/** The provider answers "550 5.1.1" to every recipient at this domain. */
export function isUnknownToProvider(recipient: string): boolean {
  return recipient.endsWith('@reject-rcpt.test')
}

/** An empty database that has been migrated. */
export async function openDemoDatabase(config: Config, url: string): Promise<OpenDatabase> {
  const withUrl = { ...config, database: { ...config.database, url } }
  const database = await openDatabase(withUrl, { applicationName: 'rookery demo' })
  await migrateDatabase(database.pool, database.db, config.database)
  return database
}

/** The standard faults; a full mailbox is emptied after two tries, so that the demo comes to an end. */
export async function startDemoProvider(): Promise<ProviderProcess & { login: ProviderLogin }> {
  const login = { username: 'wochenplan', password: randomBytes(18).toString('base64url') }
  const full = standardBehaviours['full.test']
  const provider = await startProviderProcess({
    login,
    mailboxes: senders.map(({ address }) => address),
    behaviours: full ? { 'full.test': { ...full, times: 2 } } : {},
  })
  return { ...provider, login }
}

export async function createTenantWithMailboxes(
  db: Db,
  config: Config,
  provider: { port: number; imapPorts: Record<string, number>; login: ProviderLogin },
): Promise<Tenant> {
  const tenant = await insertTenant(db, { name: 'Wochenplan', timezone: 'Europe/Berlin' })
  const sealer = await openSealer(config)
  await db.transaction().execute(async (trx) => {
    for (const sender of senders) {
      const smtp = { host: '127.0.0.1', port: provider.port, username: provider.login.username }
      const imapPort = provider.imapPorts[sender.address]
      const definition = defineMailbox({
        ...sender,
        smtp,
        imap: { host: '127.0.0.1', port: imapPort, username: sender.address },
        dailyLimit: 5000,
        maxConnections: 5,
        timezone: 'Europe/Berlin',
      })
      const mailbox = await insertMailbox(trx, tenant.id, definition)
      await storePasswords(trx, sealer, mailbox, { smtp: provider.login.password })
    }
    await setSyncInterval(trx, tenant.id, syncSeconds)
  })
  return tenant
}

export function importDemoLeads(
  { pool }: OpenDatabase,
  config: Config,
  tenant: Tenant,
): Promise<LeadImportReport> {
  const rejectsFile = path.join(config.home, 'leads.rejects.csv')
  return importLeadFile(pool, { tenantId: tenant.id, file: leadFile, tags: ['spring'], rejectsFile })
}

export async function suppressThoseWhoAsked(db: Db, tenant: Tenant): Promise<number> {
  const asked = { reason: 'asked not to be mailed', source: 'operator' }
  return insertSuppressions(db, tenant.id, [
    { scope: 'domain', value: suppressedDomain, ...asked },
    ...suppressedAddresses.map((value) => ({ scope: 'address' as const, value, ...asked })),
  ])
}

export async function launchDemoCampaign(
  db: Db,
  tenantId: string,
  which: keyof typeof campaignFiles,
): Promise<Campaign> {
  const definition = compressClock(await readCampaignFile(campaignFiles[which]))
  const { campaign } = await createCampaign(db, tenantId, definition)
  await launchCampaign(db, campaign)
  return campaign
}
