import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** What has this id or name. `tenantId` null: of every tenant. */
export interface Subject {
  type: 'email' | 'lead' | 'campaign' | 'mailbox' | 'tenant'
  tenantId: string
  tenant: string
  id: string
  name: string
}

export async function listSubjects(
  db: Db,
  what: { id?: string; address?: string; name?: string },
  type: Subject['type'] | null,
  tenantId: string | null,
): Promise<Subject[]> {
  const id = sql`${what.id ?? null}::uuid`
  const name = sql`${what.name ?? null}::text`
  const address = sql`${what.address ?? null}::text`
  const { rows } = await sql<Subject>`
    select found.*, t.name as tenant
      from (
        select 'email' as type, tenant_id as "tenantId", id, to_address as name from emails where id = ${id}
        union all
        select 'lead', tenant_id, id, email from leads where id = ${id} or email = ${address}
        union all
        select 'campaign', tenant_id, id, campaign_name from campaigns where id = ${id} or campaign_name = ${name}
        union all
        select 'mailbox', tenant_id, id, email_address from email_accounts
         where id = ${id} or email_address = ${address} and status <> 'removed'
        union all
        select 'tenant', id, id, name from tenants where id = ${id} or name = ${name}
      ) found join tenants t on t.id = found."tenantId"
     where (${type}::text is null or found.type = ${type}) and (${tenantId}::uuid is null or t.id = ${tenantId})
     order by found.type, t.name, found.id limit 20`.execute(db)
  return rows
}
