import { type Config, readOwnConfig } from '../app/config.ts'
import { assertMigrated, type OpenDatabase, openDatabase } from '../app/database.ts'
import { type Campaign, findCampaign, listCampaigns } from '../campaigns/store.ts'
import { normaliseAddress } from '../core/email-address.ts'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { listMailboxIdsOf } from '../mailboxes/address-store.ts'
import { findMailbox, type Mailbox } from '../mailboxes/store.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { createSealer, type Sealer } from '../secrets/sealer.ts'
import { findTenant, listTenants, type Tenant } from '../tenants/store.ts'

export interface Session extends OpenDatabase {
  config: Config
}

/** Opens the migrated database for one command, and closes it however the command ends. */
export async function withDatabase<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const config = readOwnConfig()
  const database = await openDatabase(config, { applicationName: 'rookery cli' })
  try {
    await assertMigrated(database.db, config.database.schema)
    return await work({ ...database, config })
  } finally {
    await database.close()
  }
}

export async function openSealer(config: Config): Promise<Sealer> {
  return createSealer(await loadMasterKey(config.secrets))
}

/** The tenant of that name; without a name, the only one there is. */
export async function resolveTenant(db: Db, name: string | undefined): Promise<Tenant> {
  if (name !== undefined) return (await findTenant(db, name)) ?? refuse(`There is no tenant named "${name}".`)
  const [first, second, ...others] = await listTenants(db)
  if (!first) return refuse('There is no tenant yet. Create one: rookery tenant create NAME')
  if (!second) return first
  const names = [first, second, ...others].slice(0, 10).map((tenant) => tenant.name)
  throw new AppError('invalid_input', 'There are several tenants. Name one with --tenant.', {
    details: names,
  })
}

/** Throws `not_found`. */
export async function resolveMailbox(db: Db, tenantId: string, input: string): Promise<Mailbox> {
  const verdict = normaliseAddress(input)
  const mailbox = verdict.ok ? await findMailbox(db, tenantId, verdict.address) : undefined
  return mailbox ?? refuse(`There is no mailbox ${input}. See: rookery mailbox list`)
}

/** All that have ever had this address, removed ones too: their figures are kept. Throws `not_found`. */
export async function resolvePastMailboxes(db: Db, tenantId: string, input: string): Promise<string[]> {
  const verdict = normaliseAddress(input)
  const ids = verdict.ok ? await listMailboxIdsOf(db, tenantId, verdict.address) : []
  return ids.length > 0 ? ids : refuse(`There never was a mailbox ${input}. See: rookery mailbox list`)
}

/** Throws `not_found`, with the names there are. */
export async function resolveCampaign(db: Db, tenantId: string, name: string): Promise<Campaign> {
  const campaign = await findCampaign(db, tenantId, name)
  if (campaign) return campaign
  const names = (await listCampaigns(db, tenantId)).slice(0, 10).map((other) => other.campaign_name)
  throw new AppError('not_found', `There is no campaign named "${name}".`, { details: names })
}

function refuse(message: string): never {
  throw new AppError('not_found', message)
}
