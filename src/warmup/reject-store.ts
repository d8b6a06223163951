import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { RejectReason, TokenBearer } from './reject.ts'

interface Place {
  tenantId: string
  mailboxId: string
}

/** What a mailbox knows of a token that it was sent. */
export async function findKnownOfToken(
  trx: Trx,
  { tenantId, mailboxId }: Place,
  token: string,
): Promise<Pick<TokenBearer, 'exchanges' | 'isForgotten' | 'seenBefore'>> {
  // Both by the indexes of tokens.
  const { rows } = await sql<Pick<TokenBearer, 'exchanges' | 'isForgotten' | 'seenBefore'>>`
    select coalesce((select json_agg(json_build_object('side', x.side, 'partner', lower(x.partner_mailbox)))
                       from warmup_exchanges x
                      where x.token = ${token} and x.tenant_id = ${tenantId} and x.email_account_id = ${mailboxId}),
                    '[]') as exchanges,
           not exists (select 1 from warmup_exchanges x where x.token = ${token}) as "isForgotten",
           exists (select 1 from email_messages m
                    where m.tenant_id = ${tenantId} and m.email_account_id = ${mailboxId}
                      and m.message_type = 'warmup' and m.facts ->> 'warmupToken' = ${token}) as "seenBefore"`.execute(
    trx,
  )
  return rows[0] ?? { exchanges: [], isForgotten: true, seenBefore: false }
}

export async function insertReject(
  trx: Trx,
  { tenantId, mailboxId }: Place,
  date: string,
  reason: RejectReason,
): Promise<void> {
  await sql`
    insert into warmup_rejects as r (tenant_id, email_account_id, date, reason, count)
    values (${tenantId}, ${mailboxId}, ${date}, ${reason}, 1)
    on conflict (tenant_id, email_account_id, date, reason) do update set count = r.count + 1`.execute(trx)
}

/** Of the last seven days, all mailboxes together. */
export async function countRejects(db: Db): Promise<{ reason: RejectReason; count: number }[]> {
  const { rows } = await sql<{ reason: RejectReason; count: number }>`
    select reason, sum(count)::int as count from warmup_rejects where date > current_date - 7
     group by reason`.execute(db)
  return rows
}
