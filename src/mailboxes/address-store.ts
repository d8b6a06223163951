import type { Db } from '../db/connect.ts'

/** The mailboxes that have ever had an address, removed ones too. */
export async function listMailboxIdsOf(db: Db, tenantId: string, address: string): Promise<string[]> {
  const mailboxes = await db
    .selectFrom('email_accounts')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('email_address', '=', address)
    .execute()
  return mailboxes.map(({ id }) => id)
}
