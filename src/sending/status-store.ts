import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

// What the status of a fleet shows of its sending. `tenantId` null: of all tenants.

export interface BlockedLane {
  mailbox: string
  lane: string
  code: string
  reason: string
  /** Null: until somebody acts. */
  until: Date | null
  /** Emails that wait in it, due or not. */
  waiting: number
}

/** Lanes that have something to send and may not. */
export async function listBlockedLanes(db: Db, tenantId: string | null): Promise<BlockedLane[]> {
  const { rows } = await sql<BlockedLane>`
    select a.email_address as mailbox, l.lane, l.blocked_code as code, l.blocked_reason as reason,
           l.blocked_until as until, waiting.count as waiting
      from sending_lanes l
      join email_accounts a on a.tenant_id = l.tenant_id and a.id = l.email_account_id
     cross join lateral (
       select count(*) as count from emails e
        where e.email_account_id = l.email_account_id and e.lane = l.lane and e.status = 'scheduled'
     ) waiting
     where l.blocked_code is not null and (l.blocked_until is null or l.blocked_until > now())
       and (${tenantId}::uuid is null or l.tenant_id = ${tenantId}::uuid) and waiting.count > 0
     order by waiting.count desc, a.email_address`.execute(db)
  return rows
}

export interface PausedMailbox {
  mailboxId: string
  mailbox: string
  reason: string | null
  until: Date | null
}

export async function listPausedMailboxes(db: Db, tenantId: string | null): Promise<PausedMailbox[]> {
  const { rows } = await sql<PausedMailbox>`
    select id as "mailboxId", email_address as mailbox, status_reason as reason, paused_until as until
      from email_accounts
     where status = 'paused' and (${tenantId}::uuid is null or tenant_id = ${tenantId}::uuid)
       and (paused_until is null or paused_until > now())
     order by email_address`.execute(db)
  return rows
}

export const emailStatuses = [
  'scheduled',
  'held',
  'submitting',
  'sent',
  'failed',
  'skipped',
  'unknown',
] as const

export interface LedgerStatus {
  counts: Record<(typeof emailStatuses)[number], number>
  dueNow: number
  oldestDue: Date | null
  nextDue: Date | null
}

export async function readLedgerStatus(db: Db, tenantId: string | null): Promise<LedgerStatus> {
  const mine = sql`(${tenantId}::uuid is null or tenant_id = ${tenantId}::uuid)`
  const { rows } = await sql<{ status: keyof LedgerStatus['counts']; count: number }>`
    select status, count(*) as count from emails where ${mine} group by status`.execute(db)
  const { rows: due } = await sql<Omit<LedgerStatus, 'counts'>>`
    select count(*) filter (where due_at <= now()) as "dueNow",
           min(due_at) filter (where due_at <= now()) as "oldestDue",
           min(due_at) filter (where due_at > now()) as "nextDue"
      from emails where status = 'scheduled' and ${mine}`.execute(db)
  const counts = { scheduled: 0, held: 0, submitting: 0, sent: 0, failed: 0, skipped: 0, unknown: 0 }
  for (const { status, count } of rows) counts[status] = count
  return { counts, ...(due[0] ?? { dueNow: 0, oldestDue: null, nextDue: null }) }
}

export interface UnknownEmail {
  id: string
  recipient: string
  mailbox: string
  messageId: string | null
  /** When its outcome came into doubt. */
  since: Date
  code: string
  reason: string
  /** When it is looked for next; null: it is parked, or was not taken up yet. */
  nextLookAt: Date | null
  /** Why it is looked for no more, and waits for an operator. */
  parkedCode: string | null
  parkedReason: string | null
}

/** Emails that may have been sent or not: first those that wait for an operator, the oldest first. */
export async function listUnknownEmails(
  db: Db,
  tenantId: string | null,
  limit: number,
): Promise<UnknownEmail[]> {
  const { rows } = await sql<UnknownEmail>`
    select e.id, e.to_address as recipient, a.email_address as mailbox, e.message_id as "messageId",
           case when e.look_attempt = e.attempt then e.unknown_at else e.updated_at end as since,
           e.reason_code as code, e.error_message as reason, e.next_look_at as "nextLookAt",
           e.parked_code as "parkedCode", e.parked_reason as "parkedReason"
      from emails e
      join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
     where e.status = 'unknown' and (${tenantId}::uuid is null or e.tenant_id = ${tenantId}::uuid)
     order by e.parked_code is null, since, e.id limit ${limit}`.execute(db)
  return rows
}

export interface Backlog {
  dueEmails: number
  oldestDueSeconds: number
  /** Emails of unknown outcome that are still looked for, and that wait for an operator. */
  unknownEmails: { lookedFor: number; parked: number }
  oldestUnknownSeconds: number
}

/** What waits to be sent and what nobody knows the end of, over all tenants. Each part reads a partial index. */
export async function readBacklog(db: Db): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select (select count(*) from emails where status = 'scheduled' and due_at <= now()) as "dueEmails",
           coalesce((select extract(epoch from now() - min(due_at)) from emails
                      where status = 'scheduled' and due_at <= now()), 0)::float8 as "oldestDueSeconds",
           u.counts as "unknownEmails", u.seconds as "oldestUnknownSeconds"
      from (
        select json_build_object('lookedFor', count(*) filter (where parked_code is null),
                 'parked', count(*) filter (where parked_code is not null)) as counts,
               coalesce(extract(epoch from now() - min(
                 case when look_attempt = attempt then unknown_at else updated_at end)), 0)::float8 as seconds
          from emails where status = 'unknown') u`.execute(db)
  return rows[0] ?? nothing
}

const nothing: Backlog = {
  dueEmails: 0,
  oldestDueSeconds: 0,
  unknownEmails: { lookedFor: 0, parked: 0 },
  oldestUnknownSeconds: 0,
}
