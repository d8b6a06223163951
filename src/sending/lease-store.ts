import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'

export interface LeasedEmail {
  tenantId: string
  id: string
  attempt: number
}

/**
 * Extends the leases of emails still on the wire; returns the ids that this worker still holds. Rows that a settle
 * has locked are left out: they are ending.
 */
export async function setLeases(
  db: Db,
  emails: readonly LeasedEmail[],
  leaseSeconds: number,
): Promise<Set<string>> {
  if (emails.length === 0) return new Set()
  const { rows } = await sql<{ id: string }>`
    with locked as materialized (
      select e.tenant_id, e.id from emails e
        join json_to_recordset(${JSON.stringify(emails)}) as i ("tenantId" uuid, id uuid, attempt int)
          on e.tenant_id = i."tenantId" and e.id = i.id
       where e.attempt = i.attempt and e.status = 'submitting'
       order by e.tenant_id, e.id for update of e skip locked
    )
    update emails e set lease_until = clock_timestamp() + ${leaseSeconds} * interval '1 second'
      from locked l where e.tenant_id = l.tenant_id and e.id = l.id
    returning e.id`.execute(db)
  return new Set(rows.map((row) => row.id))
}

/**
 * Turns emails whose lease has lapsed into `unknown`: their worker died or hangs, and what it had
 * handed to the server cannot be told from here. They are never submitted again by themselves.
 */
export async function expireLeases(trx: Trx, limit = 1000): Promise<number> {
  const { rows } = await sql`
    with lapsed as (
      select tenant_id, id from emails where status = 'submitting' and lease_until < clock_timestamp()
       order by tenant_id, id limit ${limit} for update skip locked
    ), expired as (
      update emails e
         set status = 'unknown', reason_code = 'lease_lapsed', lease_until = null, updated_at = now(),
             error_message = 'the worker that was submitting it stopped answering before it said what became of it'
        from lapsed l where e.tenant_id = l.tenant_id and e.id = l.id
       returning e.*
    )
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                              lead_id, email_account_id, data)
    select case kind when 'warmup' then 'warmup' else 'delivery' end, 'unknown', gen_random_uuid(), tenant_id, now(), id,
           attempt, campaign_id, step_id, variant, lead_id, email_account_id, jsonb_build_object('code', reason_code)
      from expired
    returning email_id`.execute(trx)
  return rows.length
}

/** Hands back the emails of claims that were committed but whose answer was lost: nothing of them left this process. */
export async function lockEmailsOfClaims(trx: Trx, claimIds: readonly string[]): Promise<ReturnedEmail[]> {
  const { rows } = await sql<ReturnedEmail>`
    select tenant_id as "tenantId", id, attempt, budget_keys as "budgetKeys" from emails
     where claim_id = any(${claimIds}::uuid[]) and status = 'submitting'
     order by tenant_id, id for update`.execute(trx)
  return rows
}

export interface ReturnedEmail extends LeasedEmail {
  budgetKeys: string[]
}
