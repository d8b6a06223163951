import { type Selectable, sql } from 'kysely'
import { domainOf } from '../core/email-address.ts'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { SuppressionsTable } from '../db/schema.ts'

export type Suppression = Selectable<SuppressionsTable>

export interface NewSuppression {
  scope: 'address' | 'domain'
  /** Normalised: an address or a domain, in lower case. */
  value: string
  reason: string
  /** Who or what says so: operator, import, bounce, complaint, unsubscribe. */
  source: string
  /** What it rests on: the report, its codes and text, how many failures. */
  evidence?: Record<string, unknown>
  /** Absent or null: for ever. */
  expiresAt?: Date | null
}

// What a recipient has asked for outranks what was observed about the address.
const rank = (table: string) =>
  sql<number>`case ${sql.ref(`${table}.source`)} when 'complaint' then 3 when 'unsubscribe' then 2 else 1 end`

/**
 * How many were new or changed. One that stands keeps its reason, unless the new one lasts longer or is what the
 * recipient asked for; one that has ended begins anew and remembers what it was. `tenantId` null: for every tenant.
 */
export async function insertSuppressions(
  db: Db | Trx,
  tenantId: string | null,
  suppressions: readonly NewSuppression[],
): Promise<number> {
  if (suppressions.length === 0) return 0
  const distinct = new Map(suppressions.map((one) => [`${one.scope} ${one.value}`, one]))
  // Two writers that meet in the same rows take them in the same order.
  const rows = [...distinct]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { evidence, expiresAt, ...one }]) => ({
      ...one,
      id: newId(),
      tenant_id: tenantId,
      evidence: toJson(evidence ?? {}),
      expires_at: expiresAt ?? null,
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
          expires_at: eb.ref('excluded.expires_at'),
          created_at: sql<Date>`now()`,
          evidence: sql<string>`excluded.evidence || jsonb_build_object('earlier', jsonb_build_object(
            'reason', suppressions.reason, 'source', suppressions.source, 'since', suppressions.created_at,
            'until', suppressions.expires_at, 'removed', suppressions.evidence -> 'removed'))`,
        }))
        .where(sql<boolean>`suppressions.expires_at <= now() or ${rank('excluded')} > ${rank('suppressions')}
          or (${rank('excluded')} = ${rank('suppressions')} and suppressions.expires_at is not null
              and (excluded.expires_at is null or excluded.expires_at > suppressions.expires_at))`),
    )
    .returning('id')
    .execute()
  return inserted.length
}

export interface Removal {
  at: Date
  by: string
  reason: string
}

/**
 * Ends those that stand now and returns them. The rows stay, with who ended them and why: failures from before do not
 * count again.
 */
export async function setSuppressionsRemoved(
  db: Db | Trx,
  tenantId: string | null,
  values: readonly string[],
  removal: Removal,
): Promise<Suppression[]> {
  return db
    .updateTable('suppressions')
    .set({
      expires_at: sql<Date>`now()`,
      evidence: sql<string>`evidence || ${toJson({ removed: removal })}::jsonb`,
    })
    .where('value', 'in', [...values])
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .where(standing)
    .returningAll()
    .execute()
}

const standing = sql<boolean>`(expires_at is null or expires_at > now())`

/** Every standing one in the order of its value, in pages; none of other tenants. */
export async function* eachSuppression(
  db: Db,
  tenantId: string,
  pageSize = 5000,
): AsyncGenerator<Suppression> {
  let last = { value: '', id: '00000000-0000-0000-0000-000000000000' }
  for (;;) {
    const page = await db
      .selectFrom('suppressions')
      .selectAll()
      .where((eb) => eb.or([eb('tenant_id', '=', tenantId), eb('tenant_id', 'is', null)]))
      .where(standing)
      .where(sql<boolean>`(value, id) > (${last.value}, ${last.id}::uuid)`)
      .orderBy('value')
      .orderBy('id')
      .limit(pageSize)
      .execute()
    yield* page
    const end = page.at(-1)
    if (!end || page.length < pageSize) return
    last = end
  }
}

/** Newest first: the tenant's own and those for every tenant. `ended`: also those that have expired or were removed. */
export async function listSuppressions(
  db: Db,
  tenantId: string,
  { limit, ended }: { limit: number; ended: boolean },
): Promise<Suppression[]> {
  return db
    .selectFrom('suppressions')
    .selectAll()
    .where((eb) => eb.or([eb('tenant_id', '=', tenantId), eb('tenant_id', 'is', null)]))
    .$if(!ended, (query) => query.where(standing))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** What forbids mail to this address now: entries for the address or its domain. */
export async function findSuppressions(db: Db, tenantId: string, address: string): Promise<Suppression[]> {
  return db
    .selectFrom('suppressions')
    .selectAll()
    .where((eb) => eb.or([eb('tenant_id', '=', tenantId), eb('tenant_id', 'is', null)]))
    .where((eb) =>
      eb.or([
        eb.and([eb('scope', '=', 'address'), eb('value', '=', address)]),
        eb.and([eb('scope', '=', 'domain'), eb('value', '=', domainOf(address))]),
      ]),
    )
    .where(standing)
    .orderBy('created_at')
    .execute()
}
