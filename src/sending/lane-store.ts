import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { storable } from '../db/json.ts'
import type { LaneRef } from './lane-state.ts'

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

/** When each lane has work next, in their order: its oldest scheduled email, due or not. */
export async function listNextDue(db: Db, lanes: readonly LaneRef[]): Promise<(Date | undefined)[]> {
  const { rows } = await sql<{ due_at: Date | null }>`
    select (select min(e.due_at) from emails e
             where e.email_account_id = wanted.mailbox_id and e.lane = wanted.lane and e.status = 'scheduled') as due_at
      from unnest(${lanes.map(({ mailboxId }) => mailboxId)}::uuid[], ${lanes.map(({ lane }) => lane)}::text[])
             with ordinality as wanted (mailbox_id, lane, position)
     order by wanted.position`.execute(db)
  return rows.map((row) => row.due_at ?? undefined)
}

/** True for the one sweep that may run now; held to the end of the transaction. */
export async function lockSweep(trx: Trx): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('rookery sweep ' || current_schema(), 0)) as mine`.execute(
    trx,
  )
  return rows[0]?.mine ?? false
}

/**
 * Lanes with a due email that are not blocked and have no wake: what a lost wake would look like. In key
 * order, `limit` of them behind `after`.
 */
export async function listSleepingLanes(
  db: Db | Trx,
  limit: number,
  after: { mailboxId: string; lane: string } = firstLane,
): Promise<LaneRef[]> {
  const { rows } = await sql<LaneRef>`
    select l.tenant_id as "tenantId", l.email_account_id as "mailboxId", l.lane
      from sending_lanes l
     where (l.email_account_id, l.lane) > (${after.mailboxId}::uuid, ${after.lane})
       and (l.blocked_code is null or l.blocked_until <= now())
       and exists (select 1 from emails e where e.email_account_id = l.email_account_id and e.lane = l.lane
                     and e.status = 'scheduled' and e.due_at <= now())
       and not exists (select 1 from lane_wakes w where w.email_account_id = l.email_account_id and w.lane = l.lane)
     order by l.email_account_id, l.lane
     limit ${limit}`.execute(db)
  return rows
}

const firstLane = { mailboxId: '00000000-0000-0000-0000-000000000000', lane: '' }

/**
 * Counts a failed connection; the second in a row opens the host's breaker, for longer each time up to 15 minutes.
 * While it is open nothing is counted: what fails then was begun before.
 */
export async function recordConnectFailure(
  db: Db,
  host: { host: string; port: number },
  words: string,
): Promise<{ until: Date | null }> {
  const { rows } = await sql<{ until: Date }>`
    insert into smtp_hosts as h (host, port, connect_failures, last_failure, last_failed_at)
    values (${host.host}, ${host.port}, 1, ${storable(words)}, now())
    on conflict (host, port) do update
       set last_failure = excluded.last_failure, last_failed_at = now(),
           connect_failures = h.connect_failures + case when h.opened_until > now() then 0 else 1 end,
           opened_until = case when h.opened_until > now() then h.opened_until when h.connect_failures > 0
             then now() + least(900, 15 * 2 ^ least(h.connect_failures - 1, 10)) * interval '1 second' end
    returning coalesce(opened_until, now() + interval '5 seconds') as until`.execute(db)
  return { until: rows[0]?.until ?? null }
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

/**
 * Pauses a mailbox on its server's word, for how long; `seconds` null needs an operator. A pause that stands
 * already and lasts longer, an operator's above all, is left as it is. Returns until when the mailbox is paused.
 */
export async function setMailboxPaused(
  db: Db | Trx,
  mailbox: { tenantId: string; mailboxId: string },
  { code, reason }: { code: string; reason: string },
  seconds: number | null,
): Promise<Date | null> {
  const until = sql`now() + ${seconds}::float8 * interval '1 second'`
  const lastsLonger = sql`status = 'paused' and (paused_until is null or paused_until >= ${until})`
  const { rows } = await sql<{ paused_until: Date | null }>`
    update email_accounts
       set status = 'paused', updated_at = now(), paused_at = coalesce(paused_at, now()),
           status_reason = case when ${lastsLonger} then status_reason else ${storable(reason)} end,
           paused_code = case when ${lastsLonger} then paused_code else ${code} end,
           paused_until = case when ${lastsLonger} then paused_until else ${until} end
     where tenant_id = ${mailbox.tenantId} and id = ${mailbox.mailboxId} and status <> 'removed'
    returning paused_until`.execute(db)
  return rows[0]?.paused_until ?? null
}
