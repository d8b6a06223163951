import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { Difference } from './difference-store.ts'

/** What people call the tenants, campaigns and mailboxes of some differences, by id; one that is gone has no name. */
export async function listNames(db: Db, differences: readonly Difference[]): Promise<Map<string, string>> {
  const ids = differences.flatMap(({ tenantId, campaignId, mailboxId }) =>
    [tenantId, campaignId, mailboxId].filter((id) => id !== null),
  )
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from tenants where id = any(${ids}::uuid[])
    union all select id, campaign_name from campaigns where id = any(${ids}::uuid[])
    union all select id, email_address from email_accounts where id = any(${ids}::uuid[])`.execute(db)
  return new Map(rows.map(({ id, name }) => [id, name]))
}
