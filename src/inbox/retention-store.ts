import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'

/** How long messages are kept, in days since they were read. */
export interface InboundRetention {
  /** Of messages that are about none of our emails. */
  unmatchedDays: number
  /** Of all others. */
  matchedDays: number
}

/**
 * Deletes at most so many of the oldest messages that are kept no longer, with their attachments, and the bodies that no
 * other message bears. Returns how many messages.
 */
export async function deleteOldMessages(
  trx: Trx,
  retention: InboundRetention,
  limit: number,
): Promise<number> {
  const unmatched = await deleteMessages(trx, sql`email_id is null`, retention.unmatchedDays, limit)
  const matched = await deleteMessages(trx, sql`email_id is not null`, retention.matchedDays, limit)
  await deleteBodies(trx, [...unmatched, ...matched])
  return unmatched.length + matched.length
}

/** Messages that are kept no longer. */
export async function countOldMessages(db: Db, retention: InboundRetention): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from email_messages
     where received_at < now() - interval '1 day'
             * case when email_id is null then ${retention.unmatchedDays}::int else ${retention.matchedDays}::int end`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}

interface DeletedMessage {
  tenantId: string
  sha256: string | null
}

async function deleteMessages(
  trx: Trx,
  which: ReturnType<typeof sql>,
  days: number,
  limit: number,
): Promise<DeletedMessage[]> {
  const { rows } = await sql<DeletedMessage>`
    delete from email_messages m
     using (select tenant_id, id from email_messages
             where ${which} and received_at < now() - ${days} * interval '1 day'
             order by received_at limit ${limit} for update skip locked) old
     where m.tenant_id = old.tenant_id and m.id = old.id
    returning m.tenant_id as "tenantId", encode(m.body_sha256, 'hex') as sha256`.execute(trx)
  return rows
}

// Locked first, then looked at: a message that was just stored with such a body holds a lock on it until it is committed,
// and afterwards it is seen.
async function deleteBodies(trx: Trx, deleted: readonly DeletedMessage[]): Promise<void> {
  const bodies = deleted.filter(({ sha256 }) => sha256 !== null)
  if (bodies.length === 0) return
  const named = sql`
    select "tenantId", decode(sha256, 'hex') as sha256
      from json_to_recordset(${JSON.stringify(bodies)}) as i ("tenantId" uuid, sha256 text)`
  await sql`
    select from email_bodies b where (b.tenant_id, b.sha256) in (${named})
     order by b.tenant_id, b.sha256 for update`.execute(trx)
  await sql`
    delete from email_bodies b
     where (b.tenant_id, b.sha256) in (${named})
       and not exists (select from email_messages m
                        where m.tenant_id = b.tenant_id and m.body_sha256 = b.sha256)`.execute(trx)
}
