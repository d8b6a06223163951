import { type Selectable, sql } from 'kysely'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { findTimeZone } from '../core/time-zone.ts'
import type { Db, Trx } from '../db/connect.ts'
import type { TenantsTable } from '../db/schema.ts'
import type { TenantLimitChange } from './limits.ts'

export type Tenant = Pick<Selectable<TenantsTable>, (typeof columns)[number]>

const columns = [
  'id',
  'name',
  'status',
  'timezone',
  'unknown_policy',
  'daily_limit',
  'domain_per_minute',
  'provider_per_minute',
  'plan_emails',
  'plan_mailboxes',
  'plan_contacts',
  'event_days',
  'created_at',
] as const

/** Throws `conflict` when the name is taken, `invalid_input` when the name or zone cannot be. */
export async function insertTenant(
  db: Db | Trx,
  input: { name: string; timezone?: string },
): Promise<Tenant> {
  const name = input.name.trim()
  if (name === '' || name.length > 100 || /\p{Cc}/u.test(name))
    throw new AppError('invalid_input', 'The name of a tenant must have 1 to 100 printable characters.')
  const timezone = findTimeZone(input.timezone ?? 'UTC')
  if (!timezone)
    throw new AppError(
      'invalid_input',
      `"${input.timezone}" is not a time zone. Use a name such as Europe/Berlin.`,
    )
  const tenant = await db
    .insertInto('tenants')
    .values({ id: newId(), name, timezone, domain: null })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning(columns)
    .executeTakeFirst()
  if (!tenant) throw new AppError('conflict', `There already is a tenant named "${name}".`)
  return tenant
}

/** What is done about an email that was looked for in vain. */
export async function setUnknownPolicy(
  trx: Trx,
  tenantId: string,
  policy: Tenant['unknown_policy'],
): Promise<void> {
  await trx.updateTable('tenants').set({ unknown_policy: policy }).where('id', '=', tenantId).execute()
}

export async function setTenantLimits(
  trx: Trx,
  tenantId: string,
  { dailyLimit, domainPerMinute, providerPerMinute }: TenantLimitChange,
): Promise<void> {
  await trx
    .updateTable('tenants')
    .set({
      ...(dailyLimit !== undefined && { daily_limit: dailyLimit }),
      ...(domainPerMinute !== undefined && { domain_per_minute: domainPerMinute }),
      ...(providerPerMinute !== undefined && { provider_per_minute: providerPerMinute }),
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', tenantId)
    .execute()
}

export async function findTenant(db: Db, name: string): Promise<Tenant | undefined> {
  return db.selectFrom('tenants').select(columns).where('name', '=', name).executeTakeFirst()
}

export async function listTenants(db: Db): Promise<Tenant[]> {
  return db.selectFrom('tenants').select(columns).orderBy('name').execute()
}
