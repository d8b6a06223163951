import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Db, Trx } from '../db/connect.ts'
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
