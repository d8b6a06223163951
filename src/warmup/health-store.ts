import { type RawBuilder, sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { storable } from '../db/json.ts'
import { startAfterRest } from '../db/ramp-policy.ts'
import type { HealthDecision } from './health.ts'
import type { CountedMailbox } from './stats-store.ts'

/** Where what a mailbox sent was found. */
export interface Found {
  inbox: number
  junk: number
}

/**
 * Of what was sent within seven days. Where its state has no reason, it was enrolled, let in again or found healthy then:
 * what was sent before does not count against it.
 */
export async function countFound(db: Db, mailboxIds: readonly string[]): Promise<Map<string, Found>> {
  const { rows } = await sql<Found & { id: string }>`
    select e.email_account_id as id, count(*) filter (where r.placement = 'inbox')::int as inbox,
           count(*) filter (where r.placement = 'junk')::int as junk
      from warmup_accounts w
      join emails e on e.tenant_id = w.tenant_id and e.email_account_id = w.email_account_id and e.kind = 'warmup'
       and e.sent_at > greatest(now() - interval '7 days', case when w.health_reason is null then w.health_since end)
      join warmup_exchanges x on x.tenant_id = e.tenant_id and x.email_id = e.id and x.side = 'sender'
      join warmup_exchanges r on r.token = x.token and r.side = 'receiver' and r.placement is not null
     where w.email_account_id = any(${mailboxIds}::uuid[])
     group by e.email_account_id`.execute(db)
  return new Map(rows.map(({ id, ...found }) => [id, found]))
}

interface Refusal {
  id: string
  complained: boolean
  reason: string | null
}

const inWords = ({ complained, reason }: Refusal): string =>
  complained ? 'it complained of a warmup message' : `a warmup message to it bounced: ${reason ?? 'for good'}`

const mapped = (rows: readonly Refusal[]) => new Map(rows.map((row) => [row.id, inWords(row)]))

// A report lies in the mailbox of a tenant that may have written it itself, and that knows all ids of its own email; a stranger
// knows none. A session is held with the sending tenant's own server, which says what that tenant likes. So what none of our
// ids ties to the email says nothing, nor does a bounce whose message was found, nor does one tenant alone of another's mailbox.
const isVouched = sql`(
  b.evidence ->> 'matchedBy' not in ('recency', 'original_recipient') and (b.bounce_type = 'complaint' or r.found_at is null))`
const isEnough = sql`(bool_or(b.tenant_id = r.tenant_id) or count(distinct b.tenant_id) > 1)`

/**
 * Mailboxes that are of no use to a pool, with the reason: within a week, and since their health last changed, a warmup
 * message bounced off them for good, or they complained of one. Of the mailbox's own tenant one is enough; of others it takes
 * those of two.
 */
export async function listRefusals(db: Db): Promise<Map<string, string>> {
  const { rows } = await sql<Refusal>`
    select r.email_account_id as id, bool_or(b.bounce_type = 'complaint') as complained, max(b.bounce_reason) as reason
      from email_bounces b
      join emails e on e.tenant_id = b.tenant_id and e.id = b.email_id and e.kind = 'warmup'
      join warmup_exchanges s on s.tenant_id = e.tenant_id and s.email_id = e.id and s.side = 'sender'
      join warmup_exchanges r on r.token = s.token and r.side = 'receiver'
      join warmup_accounts w on w.tenant_id = r.tenant_id and w.email_account_id = r.email_account_id
     where b.bounce_type in ('hard', 'complaint') and b.bounced_at > now() - interval '7 days'
       and b.bounced_at > w.health_since and ${isVouched}
     group by r.email_account_id having ${isEnough}`.execute(db)
  return mapped(rows)
}

/** As `listRefusals`, of mailboxes in quarantine: what brought them there. */
export async function listCausesOfQuarantine(
  db: Db,
  mailboxIds: readonly string[],
): Promise<Map<string, string>> {
  if (mailboxIds.length === 0) return new Map()
  const { rows } = await sql<Refusal>`
    select w.email_account_id as id, bool_or(b.bounce_type = 'complaint') as complained, max(b.bounce_reason) as reason
      from warmup_accounts w
      join warmup_exchanges r on r.tenant_id = w.tenant_id and r.email_account_id = w.email_account_id
       and r.side = 'receiver' and r.plan_date > w.health_since::date - 30
      join warmup_exchanges s on s.token = r.token and s.side = 'sender'
      join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
      join email_bounces b on b.tenant_id = e.tenant_id and b.address = e.to_address and b.email_id = e.id
     where w.email_account_id = any(${mailboxIds}::uuid[]) and w.health = 'quarantined'
       and b.bounce_type in ('hard', 'complaint') and b.bounced_at > w.health_since - interval '7 days'
       and ${isVouched}
     group by w.email_account_id having ${isEnough}`.execute(db)
  return mapped(rows)
}

/** False when somebody has changed its standing since it was looked at. */
export async function lockStanding(
  trx: Trx,
  { tenantId, mailboxId, status, health, healthSince }: CountedMailbox,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from email_accounts a
      join warmup_accounts w on w.tenant_id = a.tenant_id and w.email_account_id = a.id
     where a.tenant_id = ${tenantId} and a.id = ${mailboxId} and a.warmup_status = ${status} and w.health = ${health}
       and date_trunc('milliseconds', w.health_since) = ${healthSince}
       for update of a, w`.execute(trx)
  return rows.length > 0
}

/**
 * Leaving quarantine, the ramp goes on where it stood; that of one that is paused does when the pause ends. One that is only
 * refused by others stays as warm as its own mail has made it.
 */
export async function setHealth(
  trx: Trx,
  { tenantId, mailboxId, timezone }: CountedMailbox,
  { health, reason, before: beforeRefusal }: HealthDecision,
): Promise<void> {
  const before = beforeRefusal ?? null
  const dayOf = (moment: RawBuilder<unknown>) => sql`(${moment} at time zone ${timezone})::date`
  await sql`
    update warmup_accounts w
       set started_on = case when w.health = 'quarantined' and w.paused_at is null
             then ${startAfterRest(dayOf(sql`w.health_since`), dayOf(sql`now()`))} else w.started_on end,
           ready_at = case when ${before ?? health} not in ('throttled', 'quarantined') then w.ready_at end,
           health = ${health}, health_before = ${before}, health_reason = ${reason && storable(reason)}, health_since = now(), updated_at = now()
     where w.tenant_id = ${tenantId} and w.email_account_id = ${mailboxId}`.execute(trx)
}

/** One that was ready when others refused it is so again when it leaves quarantine. */
export async function setWarmupStatus(
  trx: Trx,
  { tenantId, mailboxId }: CountedMailbox,
  status: CountedMailbox['status'],
): Promise<void> {
  await sql`
    with account as (
      update email_accounts a
         set warmup_status = case when a.warmup_status = 'quarantined' and ${status} = 'warming' and w.ready_at is not null
               then 'ready' else ${status} end, updated_at = now()
        from warmup_accounts w
       where a.tenant_id = ${tenantId} and a.id = ${mailboxId} and w.tenant_id = a.tenant_id and w.email_account_id = a.id
      returning a.tenant_id, a.id, a.warmup_status)
    update warmup_accounts w
       set ready_at = case a.warmup_status when 'ready' then coalesce(w.ready_at, now()) when 'quarantined' then w.ready_at end
      from account a where w.tenant_id = a.tenant_id and w.email_account_id = a.id`.execute(trx)
}

/** Locks what waits to leave these mailboxes or to go to them, all in one order: nothing of it is on the wire. */
export async function lockWaitingAround(
  trx: Trx,
  { tenantId, mailboxIds }: { tenantId: string; mailboxIds: readonly string[] },
): Promise<{ tenantId: string; id: string }[]> {
  const { rows } = await sql<{ tenantId: string; id: string }>`
    select tenant_id as "tenantId", id from emails
     where kind = 'warmup' and status = 'scheduled' and (tenant_id, id) in (
       select x.tenant_id, x.email_id from warmup_exchanges x
        where x.tenant_id = ${tenantId} and x.email_account_id = any(${mailboxIds}::uuid[]) and x.side = 'sender'
          and x.email_id is not null
       union
       select s.tenant_id, s.email_id from warmup_exchanges r
         join warmup_exchanges s on s.token = r.token and s.side = 'sender'
        where r.tenant_id = ${tenantId} and r.email_account_id = any(${mailboxIds}::uuid[]) and r.side = 'receiver'
          and r.finished_at is null and s.email_id is not null)
     order by tenant_id, id for update`.execute(trx)
  return rows
}
