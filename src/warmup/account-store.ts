import { type Selectable, sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Db, Trx } from '../db/connect.ts'
import { rampOfAccount, startAfterRest } from '../db/ramp-policy.ts'
import type { WarmupAccountsTable } from '../db/schema.ts'
import type { Enrolment } from './enrolment.ts'

export type WarmupAccount = Selectable<WarmupAccountsTable>

interface Place {
  tenantId: string
  mailboxId: string
}

export async function setWarmupPool(
  trx: Trx,
  tenantId: string,
  pool: 'none' | 'closed' | 'shared',
): Promise<void> {
  await trx
    .updateTable('tenants')
    .set({ warmup_pool: pool, updated_at: sql<Date>`now()` })
    .where('id', '=', tenantId)
    .execute()
}

/** Those that take part, or are kept from it for now. */
export async function listWarmupMailboxes(db: Db | Trx, tenantId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('email_accounts')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('warmup_status', '<>', 'none')
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

export async function findWarmupPool(db: Db | Trx, tenantId: string): Promise<'none' | 'closed' | 'shared'> {
  const tenant = await db
    .selectFrom('tenants')
    .select('warmup_pool')
    .where('id', '=', tenantId)
    .executeTakeFirstOrThrow()
  return tenant.warmup_pool
}

// Let in by hand: what its mail has come to is not forgotten, and out of a quarantine for it it begins with half of its ramp.
const healthLetIn = sql`
  health = case w.health when 'quarantined' then coalesce(w.health_before, 'throttled') else w.health end,
  health_before = null, health_since = now(), health_reason = null`

/** Begins today, in the mailbox's zone; one that took part before begins anew. False when it takes part already. */
export async function insertWarmupAccount(
  trx: Trx,
  { tenantId, mailboxId }: Place,
  { start, step, ceiling, weekdaysOnly, jitter, replyShare, language, folder }: Enrolment,
  seed: number,
): Promise<boolean> {
  const { rows } = await sql`
    with account as (
      update email_accounts set warmup_status = 'warming', warmup_started_at = now(), updated_at = now()
       where tenant_id = ${tenantId} and id = ${mailboxId} and warmup_status = 'none'
      returning tenant_id, id, timezone)
    insert into warmup_accounts as w (tenant_id, email_account_id, ramp_start, ramp_step, ramp_ceiling, weekdays_only, jitter,
                                 reply_share, language, folder, started_on, seed)
    select tenant_id, id, ${start}, ${step}, ${ceiling}, ${weekdaysOnly}, ${jitter}, ${replyShare}, ${language}, ${folder},
           (now() at time zone timezone)::date, ${seed}
      from account
    on conflict (tenant_id, email_account_id) do update
       set ramp_start = excluded.ramp_start, ramp_step = excluded.ramp_step, ramp_ceiling = excluded.ramp_ceiling,
           weekdays_only = excluded.weekdays_only, jitter = excluded.jitter, reply_share = excluded.reply_share,
           language = excluded.language, folder = excluded.folder, started_on = excluded.started_on, paused_at = null,
           paused_reason = null, ready_at = null, ${healthLetIn}, updated_at = now()
    returning email_account_id`.execute(trx)
  return rows.length > 0
}

/** Nothing more is planned for it, what was planned and is not on its way is skipped by the caller. False when it was not active. */
export async function setWarmupPaused(
  trx: Trx,
  { tenantId, mailboxId }: Place,
  reason: string,
): Promise<boolean> {
  const { rows } = await sql`
    with account as (
      update email_accounts set warmup_status = 'paused', updated_at = now()
       where tenant_id = ${tenantId} and id = ${mailboxId} and warmup_status in ('warming', 'ready')
      returning tenant_id, id)
    update warmup_accounts w set paused_at = now(), paused_reason = ${reason}, updated_at = now()
      from account a where w.tenant_id = a.tenant_id and w.email_account_id = a.id
    returning w.email_account_id`.execute(trx)
  return rows.length > 0
}

const today = sql`(now() at time zone a.timezone)::date`
const restedOn = sql`(coalesce(w.paused_at, w.health_since) at time zone a.timezone)::date`

/** Goes on where the ramp stood: the days of the pause do not count. False when it was neither paused nor quarantined. */
export async function setWarmupResumed(trx: Trx, { tenantId, mailboxId }: Place): Promise<boolean> {
  const { rows } = await sql`
    with account as (
      update email_accounts a
         set warmup_status = case when w.ready_at is null then 'warming' else 'ready' end, updated_at = now()
        from warmup_accounts w
       where a.tenant_id = ${tenantId} and a.id = ${mailboxId} and a.warmup_status in ('paused', 'quarantined')
         and w.tenant_id = a.tenant_id and w.email_account_id = a.id
      returning a.tenant_id, a.id, a.timezone)
    update warmup_accounts w
       set started_on = ${startAfterRest(restedOn, today)},
           paused_at = null, paused_reason = null, ${healthLetIn}, updated_at = now()
      from account a where w.tenant_id = a.tenant_id and w.email_account_id = a.id
    returning w.email_account_id`.execute(trx)
  return rows.length > 0
}

/** The day is planned again, for what of it is left. */
export async function deleteTodaysPlan(trx: Trx, { tenantId, mailboxId }: Place): Promise<void> {
  await sql`
    delete from warmup_plans p using email_accounts a
     where p.tenant_id = ${tenantId} and p.email_account_id = ${mailboxId} and a.tenant_id = p.tenant_id
       and a.id = p.email_account_id and p.plan_date >= (now() at time zone a.timezone)::date`.execute(trx)
}

/** Ended: it takes no part, and its own limits hold alone. */
export async function setWarmupEnded(trx: Trx, { tenantId, mailboxId }: Place): Promise<boolean> {
  const { rows } = await sql`
    update email_accounts set warmup_status = 'none', updated_at = now()
     where tenant_id = ${tenantId} and id = ${mailboxId} and warmup_status <> 'none' returning id`.execute(
    trx,
  )
  return rows.length > 0
}

/** Locks what waits to leave a mailbox that warms up no more: nothing of it is on the wire. */
export async function lockWaitingWarmup(
  trx: Trx,
  { tenantId, mailboxId }: Place,
): Promise<{ tenantId: string; id: string }[]> {
  const { rows } = await sql<{ tenantId: string; id: string }>`
    select tenant_id as "tenantId", id from emails
     where tenant_id = ${tenantId} and email_account_id = ${mailboxId} and kind = 'warmup' and status = 'scheduled'
     order by tenant_id, id for update`.execute(trx)
  return rows
}

export interface WarmupStanding {
  mailboxId: string
  address: string
  timezone: string
  date: string
  status: 'none' | 'warming' | 'ready' | 'paused' | 'quarantined'
  pool: 'none' | 'closed' | 'shared'
  health: WarmupAccount['health']
  healthReason: string | null
  healthSince: Date
  pausedReason: string | null
  startedOn: string
  ceiling: number
  ramp: RampPolicy | null
  lastRoundAt: Date | null
  lastRoundNote: string | null
  /** Sent today, in the mailbox's zone. */
  warmupSentToday: number
  campaignSentToday: number
  planNote: string | null
  planned: number | null
}

/** Of the mailboxes that take or took part; one, or all of the tenant. */
export async function listStandings(
  db: Db,
  tenantId: string,
  mailboxId: string | null,
): Promise<WarmupStanding[]> {
  const { rows } = await sql<WarmupStanding>`
    select a.id as "mailboxId", a.email_address as address, a.timezone, d.today as date, a.warmup_status as status,
           t.warmup_pool as pool, w.health, w.health_reason as "healthReason", w.health_since as "healthSince",
           w.paused_reason as "pausedReason", w.started_on as "startedOn", w.ramp_ceiling as ceiling, ${rampOfAccount} as ramp,
           w.last_round_at as "lastRoundAt", w.last_round_note as "lastRoundNote",
           s.warmup as "warmupSentToday", s.campaign as "campaignSentToday", p.note as "planNote", p.planned
      from warmup_accounts w
      join email_accounts a on a.tenant_id = w.tenant_id and a.id = w.email_account_id
      join tenants t on t.id = a.tenant_id
      cross join lateral (select (now() at time zone a.timezone)::date as today) d
      cross join lateral (
        select count(*) filter (where e.kind = 'warmup')::int as warmup,
               count(*) filter (where e.kind <> 'warmup')::int as campaign
          from emails e
         where e.email_account_id = a.id and e.sent_at >= d.today::timestamp at time zone a.timezone) s
      left join warmup_plans p on p.tenant_id = w.tenant_id and p.email_account_id = w.email_account_id
        and p.plan_date = d.today
     where w.tenant_id = ${tenantId} and (${mailboxId}::uuid is null or w.email_account_id = ${mailboxId})
       and a.status <> 'removed'
     order by a.email_address`.execute(db)
  return rows
}

export interface PlannedMessage {
  dueAt: Date
  to: string
  subject: string
  status: string
  depth: number
}

export interface DayOfPlan {
  wanted: number
  planned: number
  note: string | null
}

/** Undefined: that day was not planned. */
export async function findDayOfPlan(
  db: Db,
  { tenantId, mailboxId }: Place,
  date: string,
): Promise<DayOfPlan | undefined> {
  const { rows } = await sql<DayOfPlan>`
    select wanted, planned, note from warmup_plans
     where tenant_id = ${tenantId} and email_account_id = ${mailboxId} and plan_date = ${date}`.execute(db)
  return rows[0]
}

export async function listPlannedMessages(
  db: Db,
  { tenantId, mailboxId }: Place,
  date: string,
): Promise<PlannedMessage[]> {
  const { rows } = await sql<PlannedMessage>`
    select coalesce(e.sent_at, e.due_at) as "dueAt", e.to_address as to, e.content ->> 'subject' as subject, e.status, x.depth
      from warmup_exchanges x
      join emails e on e.tenant_id = x.tenant_id and e.id = x.email_id
     where x.tenant_id = ${tenantId} and x.email_account_id = ${mailboxId} and x.side = 'sender'
       and x.plan_date = ${date}
     order by 1`.execute(db)
  return rows
}
