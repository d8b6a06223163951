import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { LaneRef } from './claim-store.ts'

/** When to wake a lane: at a moment that a row names, or after a while by the database's clock. */
export type Wake = LaneRef & ({ at: Date } | { inMs: number })

/** Says that lanes may have something to do. Only appends: never waits for another transaction. */
export async function insertWakes(db: Db | Trx, wakes: readonly Wake[]): Promise<void> {
  if (wakes.length === 0) return
  await sql`
    insert into lane_wakes (tenant_id, email_account_id, lane, wake_at)
    select "tenantId", "mailboxId", lane, coalesce("at", now() + "inMs" * interval '1 millisecond')
      from json_to_recordset(${JSON.stringify(wakes)}) as i (
        "tenantId" uuid, "mailboxId" uuid, lane text, "at" timestamptz, "inMs" float8)`.execute(db)
}

export interface DueWake extends LaneRef {
  ids: number[]
}

/** Locks due wakes, a lane once, in key order. Wakes that another drainer holds are left to it. */
export async function lockDueWakes(trx: Trx, limit: number): Promise<DueWake[]> {
  const { rows } = await sql<DueWake>`
    with due as (
      select id, tenant_id, email_account_id, lane from lane_wakes
       where wake_at <= now() order by wake_at limit ${limit} for update skip locked
    )
    select tenant_id as "tenantId", email_account_id as "mailboxId", lane, array_agg(id) as ids
      from due group by tenant_id, email_account_id, lane
     order by email_account_id, lane`.execute(trx)
  return rows
}

export async function deleteWakes(trx: Trx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  await sql`delete from lane_wakes where id = any(${ids}::bigint[])`.execute(trx)
}

/** When the lane has work next: its oldest scheduled email, due or not. */
export async function findNextDue(db: Db, lane: LaneRef): Promise<Date | undefined> {
  const row = await db
    .selectFrom('emails')
    .select('due_at')
    .where('email_account_id', '=', lane.mailboxId)
    .where('lane', '=', lane.lane)
    .where('status', '=', 'scheduled')
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  return row?.due_at
}

/** Lanes with a due email that are not blocked and have no wake: what a lost wake would look like. */
export async function listSleepingLanes(db: Db | Trx, limit: number): Promise<LaneRef[]> {
  const { rows } = await sql<LaneRef>`
    select l.tenant_id as "tenantId", l.email_account_id as "mailboxId", l.lane
      from sending_lanes l
     where (l.blocked_code is null or l.blocked_until <= now())
       and exists (select 1 from emails e where e.email_account_id = l.email_account_id and e.lane = l.lane
                     and e.status = 'scheduled' and e.due_at <= now())
       and not exists (select 1 from lane_wakes w where w.email_account_id = l.email_account_id and w.lane = l.lane)
     limit ${limit}`.execute(db)
  return rows
}

/** Counts a failed connection; the second in a row opens the host's breaker, for longer each time up to 15 minutes. */
export async function recordConnectFailure(
  db: Db,
  host: { host: string; port: number },
  words: string,
): Promise<{ openedUntil: Date | null }> {
  const { rows } = await sql<{ opened_until: Date | null }>`
    insert into smtp_hosts as h (host, port, connect_failures, last_failure, last_failed_at)
    values (${host.host}, ${host.port}, 1, ${words}, now())
    on conflict (host, port) do update
       set connect_failures = h.connect_failures + 1, last_failure = excluded.last_failure, last_failed_at = now(),
           opened_until = now() + least(900, 15 * 2 ^ least(h.connect_failures - 1, 10)) * interval '1 second'
    returning opened_until`.execute(db)
  return { openedUntil: rows[0]?.opened_until ?? null }
}

/** A connection that succeeded closes the host's breaker. */
export async function clearConnectFailures(db: Db, host: { host: string; port: number }): Promise<void> {
  await db
    .updateTable('smtp_hosts')
    .set({ connect_failures: 0, opened_until: null })
    .where('host', '=', host.host)
    .where('port', '=', host.port)
    .where('connect_failures', '>', 0)
    .execute()
}

/** Pauses a mailbox on its server's word, until when; `seconds` null needs an operator. */
export async function setMailboxPaused(
  db: Db | Trx,
  mailbox: { tenantId: string; mailboxId: string },
  reason: string,
  seconds: number | null,
): Promise<Date | null> {
  const { rows } = await sql<{ paused_until: Date | null }>`
    update email_accounts
       set status = 'paused', status_reason = ${reason}, updated_at = now(),
           paused_until = now() + ${seconds}::float8 * interval '1 second'
     where tenant_id = ${mailbox.tenantId} and id = ${mailbox.mailboxId}
    returning paused_until`.execute(db)
  return rows[0]?.paused_until ?? null
}

/** Ends pauses whose time has passed. */
export async function setMailboxesActive(trx: Trx, mailboxIds: readonly string[]): Promise<void> {
  if (mailboxIds.length === 0) return
  await trx
    .updateTable('email_accounts')
    .set({ status: 'active', status_reason: null, paused_until: null })
    .where('id', 'in', mailboxIds)
    .where('status', '=', 'paused')
    .where('paused_until', '<=', sql<Date>`now()`)
    .execute()
}
