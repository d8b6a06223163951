import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { storable, toJson } from '../db/json.ts'
import type { RecipientDomain } from './recipient-provider.ts'
import type { ProviderRefusal } from './scope.ts'

/**
 * Walks the domains that scheduled emails go to, from after one name on, and says which have not been looked up.
 * Each step is one descent of emails_waiting_domain_idx, so a domain costs the same with one email or a million.
 */
export async function listWaitingDomains(
  db: Db,
  after: string,
  most: number,
): Promise<{ domain: string; known: boolean }[]> {
  const { rows } = await sql<{ domain: string; known: boolean }>`
    with recursive waiting (domain, nth) as (
      select (select to_domain from emails where status = 'scheduled' and to_domain > ${after}
               order by to_domain limit 1), 1
      union all
      select (select e.to_domain from emails e where e.status = 'scheduled' and e.to_domain > w.domain
               order by e.to_domain limit 1), w.nth + 1
        from waiting w where w.domain is not null and w.nth < ${most}
    )
    select w.domain, exists (select 1 from recipient_domains r where r.domain = w.domain) as known
      from waiting w where w.domain is not null order by w.nth`.execute(db)
  return rows
}

/** Domains whose lookup is older than it may be, the oldest first. */
export async function listDomainsToRefresh(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('recipient_domains')
    .select('domain')
    .where('refresh_at', '<=', sql<Date>`now()`)
    .orderBy('refresh_at')
    .limit(limit)
    .execute()
  return rows.map((row) => row.domain)
}

/** Two schedulers that looked up the same domain write the same: in the order of their names. */
export async function setRecipientDomains(db: Db, domains: readonly RecipientDomain[]): Promise<void> {
  if (domains.length === 0) return
  await sql`
    insert into recipient_domains (domain, provider, mx_host, looked_up_at, refresh_at)
    select domain, provider, "mxHost", now(), now() + "refreshSeconds" * interval '1 second'
      from json_to_recordset(${toJson(domains)}) as i (
        domain text, provider text, "mxHost" text, "refreshSeconds" float8)
     order by domain
    on conflict (domain) do update
       set provider = excluded.provider, mx_host = excluded.mx_host, looked_up_at = excluded.looked_up_at,
           refresh_at = excluded.refresh_at`.execute(db)
}

/** A lookup that failed says nothing new: what was known stays, and is tried again sooner. */
export async function keepUnresolved(db: Db, domains: readonly RecipientDomain[]): Promise<void> {
  if (domains.length === 0) return
  await sql`
    insert into recipient_domains (domain, provider, looked_up_at, refresh_at)
    select domain, provider, now(), now() + "refreshSeconds" * interval '1 second'
      from json_to_recordset(${toJson(domains)}) as i (domain text, provider text, "refreshSeconds" float8)
     order by domain
    on conflict (domain) do update set refresh_at = excluded.refresh_at`.execute(db)
}

/**
 * Opens or prolongs the tenant's cool-down of a recipient provider, for all its mailboxes and workers. While one
 * stands nothing is counted: what is refused then was begun before.
 */
export async function recordProviderRefusal(
  db: Db | Trx,
  refusal: ProviderRefusal,
): Promise<Date | undefined> {
  const { tenantId, provider, baseSeconds, mostSeconds, hintSeconds = null, jitter, code, reason } = refusal
  const { rows } = await sql<{ until_at: Date }>`
    insert into recipient_cooldowns as c (tenant_id, provider, until_at, failures, code, reason)
    values (${tenantId}, ${provider},
            now() + coalesce(${hintSeconds}::float8, ${baseSeconds}::float8) * ${1 + jitter / 5}::float8 * interval '1 second',
            1, ${code}, ${storable(reason)})
    on conflict (tenant_id, provider) do update
       set failures = c.failures + case when c.until_at > now() then 0 else 1 end,
           until_at = case when c.until_at > now() then greatest(c.until_at, now() + ${hintSeconds}::float8 * interval '1 second')
             else now() + coalesce(${hintSeconds}::float8, least(${mostSeconds}::float8, ${baseSeconds}::float8 * 2 ^ least(c.failures, 16)))
                  * ${1 + jitter / 5}::float8 * interval '1 second' end,
           code = excluded.code, reason = excluded.reason, updated_at = now()
    returning until_at`.execute(db)
  return rows[0]?.until_at
}

/** An accepted email ends what the provider has been counted; not while a cool-down stands, which was opened after it left. */
export async function clearProviderRefusals(
  db: Db,
  { tenantId, provider }: { tenantId: string; provider: string },
): Promise<void> {
  await db
    .deleteFrom('recipient_cooldowns')
    .where('tenant_id', '=', tenantId)
    .where('provider', '=', provider)
    .where('until_at', '<=', sql<Date>`now()`)
    .execute()
}
