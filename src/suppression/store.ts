import { type Selectable, sql } from 'kysely'
import { domainOf } from '../core/email-address.ts'
import { newId } from '../core/ids.ts'
import type { Db } from '../db/connect.ts'
import type { SuppressionsTable } from '../db/schema.ts'

export type Suppression = Omit<Selectable<SuppressionsTable>, 'evidence'>

export interface NewSuppression {
  scope: 'address' | 'domain'
  /** Normalised: an address or a domain, in lower case. */
  value: string
  reason: string
  /** Who or what says so: operator, import, bounce, complaint, unsubscribe. */
  source: string
}

const columns = ['id', 'tenant_id', 'scope', 'value', 'reason', 'source', 'expires_at', 'created_at'] as const

/**
 * How many were new; one that stands already keeps its reason, one that would expire no longer does.
 * `tenantId` null: for every tenant.
 */
export async function insertSuppressions(
  db: Db,
  tenantId: string | null,
  suppressions: readonly NewSuppression[],
): Promise<number> {
  if (suppressions.length === 0) return 0
  const distinct = new Map(suppressions.map((one) => [`${one.scope} ${one.value}`, one]))
  const rows = [...distinct.values()].map((one) => ({
    ...one,
    id: newId(),
    tenant_id: tenantId,
    expires_at: null,
  }))
  const inserted = await db
    .insertInto('suppressions')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .constraint('suppressions_value_key')
        .doUpdateSet((eb) => ({
          reason: eb.ref('excluded.reason'),
          source: eb.ref('excluded.source'),
          expires_at: null,
        }))
        .where('suppressions.expires_at', 'is not', null),
    )
    .returning('id')
    .execute()
  return inserted.length
}

/** Newest first: the tenant's own and those for every tenant. */
export async function listSuppressions(db: Db, tenantId: string, limit: number): Promise<Suppression[]> {
  return db
    .selectFrom('suppressions')
    .select(columns)
    .where((eb) => eb.or([eb('tenant_id', '=', tenantId), eb('tenant_id', 'is', null)]))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** What forbids mail to this address now: entries for the address or its domain. */
export async function findSuppressions(db: Db, tenantId: string, address: string): Promise<Suppression[]> {
  return db
    .selectFrom('suppressions')
    .select(columns)
    .where((eb) => eb.or([eb('tenant_id', '=', tenantId), eb('tenant_id', 'is', null)]))
    .where((eb) =>
      eb.or([
        eb.and([eb('scope', '=', 'address'), eb('value', '=', address)]),
        eb.and([eb('scope', '=', 'domain'), eb('value', '=', domainOf(address))]),
      ]),
    )
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .orderBy('created_at')
    .execute()
}
