import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'

/**
 * That receivers have opened these messages, as events of the emails, in their senders' tenants. The caller gives those that
 * its transaction has noted as read just now, and each is noted once.
 */
export async function insertOpenedEvents(
  db: Db | Trx,
  messages: readonly { token: string }[],
  at: Date,
): Promise<void> {
  if (messages.length === 0) return
  const tokens = messages.map(({ token }) => token)
  await sql`
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, email_account_id, sent_on)
    select 'warmup', 'warmup_opened', gen_random_uuid(), e.tenant_id, ${at}, e.id, e.attempt, e.email_account_id, e.sent_on
      from warmup_exchanges s
      join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
     where s.token = any(${tokens}::text[]) and s.side = 'sender'`.execute(db)
}
