import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

/** Until when a mailbox is paused: null is until somebody acts, undefined that it is not. */
export async function findPausedUntil(
  db: Db,
  mailbox: { tenantId: string; mailboxId: string },
): Promise<Date | null | undefined> {
  const row = await db
    .selectFrom('email_accounts')
    .select('paused_until')
    .where('tenant_id', '=', mailbox.tenantId)
    .where('id', '=', mailbox.mailboxId)
    .where('status', '=', 'paused')
    .executeTakeFirst()
  return row?.paused_until
}

export interface EndedPause {
  tenantId: string
  mailboxId: string
  pausedAt: Date | null
}

/** Ends pauses whose time has passed; what waited is older by no moment of them. */
export async function endPausesOver(trx: Trx, mailboxIds: readonly string[]): Promise<void> {
  if (mailboxIds.length === 0) return
  const { rows } = await sql<EndedPause>`
    with over as materialized (
      select tenant_id, id, paused_at from email_accounts
       where id = any(${mailboxIds}::uuid[]) and status = 'paused' and paused_until <= now()
       order by id for update
    ), resumed as (
      update email_accounts a
         set status = 'active', status_reason = null, paused_code = null, paused_until = null, paused_at = null
        from over where a.tenant_id = over.tenant_id and a.id = over.id
    )
    select tenant_id as "tenantId", id as "mailboxId", paused_at as "pausedAt" from over`.execute(trx)
  await forgetPauses(trx, rows)
}

/** Staleness is counted without the time that a mailbox was paused: for its waiting emails, time stood still. */
export async function forgetPauses(trx: Trx, pauses: readonly EndedPause[]): Promise<void> {
  if (pauses.length === 0) return
  await sql`
    with waited as materialized (
      select e.tenant_id, e.id, greatest(e.first_due_at, i."pausedAt") as since
        from json_to_recordset(${toJson(pauses)}) as i ("tenantId" uuid, "mailboxId" uuid, "pausedAt" timestamptz)
        join emails e on e.tenant_id = i."tenantId" and e.email_account_id = i."mailboxId"
       where i."pausedAt" is not null and e.status = 'scheduled' and e.first_due_at < now()
       order by e.tenant_id, e.id
         for update of e
    )
    update emails e set first_due_at = e.first_due_at + (now() - w.since)
      from waited w where e.tenant_id = w.tenant_id and e.id = w.id`.execute(trx)
}
