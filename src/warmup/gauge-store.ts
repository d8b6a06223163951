import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { countRejects } from './reject-store.ts'

/** What the fleet's gauges show of warmup, all tenants together. */
export interface WarmupState {
  mailboxes: readonly { status: string; health: string; count: number }[]
  /** Of the last seven days, by the provider of those who got it. */
  placement: readonly { provider: string; inbox: number; junk: number }[]
  /** Of the last seven days. */
  rejects: readonly { reason: string; count: number }[]
}

export async function readWarmupState(db: Db): Promise<WarmupState> {
  const mailboxes = await sql<WarmupState['mailboxes'][number]>`
    select a.warmup_status as status, w.health, count(*)::int as count
      from warmup_accounts w
      join email_accounts a on a.tenant_id = w.tenant_id and a.id = w.email_account_id
     where a.status <> 'removed' and a.warmup_status <> 'none'
     group by a.warmup_status, w.health`.execute(db)
  // Each mailbox's days by the key: the table itself keeps all days that ever were.
  const placement = await sql<WarmupState['placement'][number]>`
    select p.key as provider, sum((p.value ->> 'inbox')::int)::int as inbox, sum((p.value ->> 'junk')::int)::int as junk
      from warmup_accounts w
     cross join lateral (
       select s.placement from warmup_daily_stats s
        where s.tenant_id = w.tenant_id and s.email_account_id = w.email_account_id and s.date > current_date - 7
        order by s.date limit 8) d
     cross join lateral jsonb_each(d.placement) p
     group by p.key`.execute(db)
  return { mailboxes: mailboxes.rows, placement: placement.rows, rejects: await countRejects(db) }
}
