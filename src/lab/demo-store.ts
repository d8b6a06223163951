import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { LedgerEntry } from './demo-accounts.ts'

/** Every email that was ever claimed. */
export async function listClaimedEmails(db: Db): Promise<LedgerEntry[]> {
  const { rows } = await sql<LedgerEntry>`
    select message_id as "messageId", status from emails where message_id is not null`.execute(db)
  return rows
}

/** Emails that were put off and went out later, by the first reason. */
export async function listLateDeliveries(db: Db): Promise<{ code: string; count: number }[]> {
  const { rows } = await sql<{ code: string; count: number }>`
    select first.code, count(*) as count
      from (select distinct on (v.email_id) v.email_id, v.tenant_id, v.data ->> 'code' as code
              from email_events v where v.type = 'deferred' order by v.email_id, v.recorded_at) first
      join emails e on e.tenant_id = first.tenant_id and e.id = first.email_id and e.status = 'sent'
     group by first.code order by count(*) desc`.execute(db)
  return rows
}
