import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { rampOfAccount } from '../db/ramp-policy.ts'
import type { WarmupLanguage } from './content.ts'

/** A mailbox that takes part, as the planner reads it. */
export interface PoolMailbox {
  tenantId: string
  mailboxId: string
  address: string
  provider: string
  pool: 'shared' | 'closed'
  language: WarmupLanguage
  displayName: string
  timezone: string
  /** Today in its zone. */
  date: string
  /** Not planned for today yet. */
  isDue: boolean
  /** Null once it is ready: then it is only kept warm, with what its ramp began with. */
  ramp: RampPolicy | null
  keptWarm: number
  /** The mailbox's own limit. */
  dailyLimit: number
  weekdaysOnly: boolean
}

/** False while another scheduler plans: whoever holds it sees all that was planned before. */
export async function lockPlanning(trx: Trx): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('rookery warmup plan ' || current_schema(), 0)) as mine`.execute(
    trx,
  )
  return rows[0]?.mine ?? false
}

/**
 * `shared`: what is read of who takes part holds until the transaction ends. `exclusive`, before anything else is locked: what was
 * written by such a reading is there to be skipped, and none comes after.
 */
export async function lockPool(trx: Trx, mode: 'shared' | 'exclusive'): Promise<void> {
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock')
  await sql`select ${lock}(hashtextextended('rookery warmup pool ' || current_schema(), 0))`.execute(trx)
}

/** Every mailbox that takes part now: enrolled, not paused, not quarantined, of an active tenant with a pool. */
export async function listPool(db: Db | Trx): Promise<PoolMailbox[]> {
  const { rows } = await sql<PoolMailbox>`
    select a.tenant_id as "tenantId", a.id as "mailboxId", a.email_address as address, a.provider_id as provider,
           t.warmup_pool as pool, w.language, a.display_name as "displayName", a.timezone,
           (now() at time zone a.timezone)::date as date,
           not exists (select 1 from warmup_plans p
                        where p.tenant_id = a.tenant_id and p.email_account_id = a.id
                          and p.plan_date >= (now() at time zone a.timezone)::date) as "isDue",
           ${rampOfAccount} as ramp, w.ramp_start as "keptWarm", w.weekdays_only as "weekdaysOnly",
           a.daily_limit as "dailyLimit"
      from warmup_accounts w
      join email_accounts a on a.tenant_id = w.tenant_id and a.id = w.email_account_id
      join tenants t on t.id = a.tenant_id
     where a.status = 'active' and a.warmup_status in ('warming', 'ready') and t.status = 'active'
       and t.warmup_pool <> 'none' and w.paused_at is null and w.health <> 'quarantined'
     order by a.id`.execute(db)
  return rows
}

/**
 * Of these mailboxes: warmup emails that have a place in that day already. They are still to go, such as answers that did not
 * fit into yesterday, or went before the day was planned again.
 */
export async function countPlaced(
  db: Db | Trx,
  mailboxIds: readonly string[],
  date: string,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    select id, sum(count)::int as count from (
      select email_account_id as id, count(*) from emails
       where email_account_id = any(${mailboxIds}::uuid[]) and lane = 'low' and kind = 'warmup' and status = 'scheduled'
       group by 1
      union all
      select x.email_account_id, count(*) from warmup_exchanges x
        join emails e on e.tenant_id = x.tenant_id and e.id = x.email_id
       where x.email_account_id = any(${mailboxIds}::uuid[]) and x.side = 'sender' and x.plan_date = ${date}
         and e.status in ('submitting', 'sent', 'unknown')
       group by 1) placed
     group by id`.execute(db)
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** New conversations that each mailbox gets on that day already. */
export async function countReceived(db: Db | Trx, date: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    select email_account_id as id, count(*)::int as count from warmup_exchanges
     where side = 'receiver' and depth = 1 and plan_date = ${date} and not unsent group by email_account_id`.execute(
    db,
  )
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** Of these mailboxes, those that each tenant may not write to now, as the claim sees it. */
export async function listSuppressed(
  db: Db | Trx,
  tenantIds: readonly string[],
  mailboxIds: readonly string[],
): Promise<Map<string, Set<string>>> {
  const { rows } = await sql<{ tenantId: string; mailboxIds: string[] }>`
    select t.id as "tenantId", array_agg(distinct a.id) as "mailboxIds"
      from email_accounts a
     cross join lateral (select split_part(a.email_address, '@', 2) as domain) d
      join suppressions s on s.value in (a.email_address, d.domain)
       and s.scope = case when s.value = a.email_address then 'address' else 'domain' end
      join unnest(${[...new Set(tenantIds)]}::uuid[]) t (id) on s.tenant_id = t.id or s.tenant_id is null
     where a.id = any(${mailboxIds}::uuid[]) and (s.expires_at is null or s.expires_at > now())
     group by t.id`.execute(db)
  return new Map(rows.map((row) => [row.tenantId, new Set(row.mailboxIds)]))
}

/** With whom a mailbox has begun conversations, or they with it. */
export interface Acquaintance {
  mailboxId: string
  partner: string
  conversations: number
  /** Null: nothing that was planned between them was sent. */
  lastDate: string | null
}

/**
 * By address: a mailbox that was removed and added again has another id, and still knows whom it met. A first message that left
 * later than it was planned met its receiver then; one that still waits meets it tomorrow, for all we know.
 */
export async function listAcquaintances(
  db: Db | Trx,
  mailboxIds: readonly string[],
  since: string,
): Promise<Acquaintance[]> {
  const { rows } = await sql<Acquaintance>`
    select a.id as "mailboxId", x.partner_mailbox as partner, count(*)::int as conversations,
           max(greatest(x.plan_date, case when e.status in ('scheduled', 'submitting', 'unknown') then now()::date + 1
                                          else e.sent_on end)) filter (where not x.unsent) as "lastDate"
      from email_accounts a
      join email_accounts same on same.email_address = a.email_address
      join warmup_exchanges x on x.email_account_id = same.id and x.depth = 1
      left join warmup_exchanges s on s.token = x.token and s.side = 'sender' and x.plan_date > ${since}
      left join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
     where a.id = any(${mailboxIds}::uuid[])
     group by a.id, x.partner_mailbox`.execute(db)
  return rows
}

/** One email to write, with what either side remembers of it. */
export interface PlannedEmail {
  token: string
  threadToken: string
  depth: number
  planDate: string
  dueAt: Date
  messageId: string
  content: {
    subject: string
    text: string
    headers: Record<string, string>
    references?: string[]
    /** ISO 8601: what has not left by then is too late. */
    notAfter?: string
  }
  sender: ExchangeSide
  receiver: ExchangeSide
}

export interface ExchangeSide {
  tenantId: string
  mailboxId: string
  address: string
  provider: string
}

/** The ledger rows and both sides' records; nothing twice, as a token is used once. */
export async function insertPlanned(
  trx: Trx,
  emails: readonly (PlannedEmail & IdsOfPlanned)[],
): Promise<void> {
  if (emails.length === 0) return
  await trx
    .insertInto('emails')
    .values(
      emails.map(({ emailId, sender, receiver, token, messageId, content, dueAt }) => ({
        tenant_id: sender.tenantId,
        id: emailId,
        kind: 'warmup' as const,
        lane: 'low' as const,
        email_account_id: sender.mailboxId,
        idempotency_key: `warmup:${token}`,
        to_address: receiver.address,
        message_id: messageId,
        content: toJson(content),
        due_at: dueAt,
        first_due_at: dueAt,
      })),
    )
    .execute()
  await trx.insertInto('warmup_exchanges').values(emails.flatMap(bothSides)).execute()
}

export interface IdsOfPlanned {
  emailId: string
  senderExchangeId: string
  receiverExchangeId: string
}

function bothSides(email: PlannedEmail & IdsOfPlanned) {
  const { sender, receiver, token, threadToken, depth, planDate, dueAt } = email
  const common = { token, thread_token: threadToken, depth, plan_date: planDate, planned_at: dueAt }
  const partnerOf = ({ address, provider }: ExchangeSide) => ({
    partner_mailbox: address,
    partner_domain: address.slice(address.lastIndexOf('@') + 1),
    partner_provider: provider,
  })
  return [
    {
      ...common,
      ...partnerOf(receiver),
      tenant_id: sender.tenantId,
      id: email.senderExchangeId,
      side: 'sender' as const,
      email_account_id: sender.mailboxId,
      email_id: email.emailId,
    },
    {
      ...common,
      ...partnerOf(sender),
      tenant_id: receiver.tenantId,
      id: email.receiverExchangeId,
      side: 'receiver' as const,
      email_account_id: receiver.mailboxId,
      email_id: null,
    },
  ]
}

export interface MailboxPlan {
  tenantId: string
  mailboxId: string
  date: string
  wanted: number
  planned: number
  note: string | null
}

export async function insertMailboxPlans(trx: Trx, plans: readonly MailboxPlan[]): Promise<void> {
  if (plans.length === 0) return
  await trx
    .insertInto('warmup_plans')
    .values(
      plans.map(({ tenantId, mailboxId, date, wanted, planned, note }) => ({
        tenant_id: tenantId,
        email_account_id: mailboxId,
        plan_date: date,
        wanted,
        planned,
        note,
      })),
    )
    .execute()
}
