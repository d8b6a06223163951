import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { LaneBlock, LaneRef } from './lane-state.ts'

export interface ClaimRow {
  tenantId: string
  id: string
  claimId: string
  messageId: string
  ref: string
  budgetKeys: readonly string[]
}

/**
 * Writes the intent to send. From here on the email is never submitted again unless proven not sent.
 * `now` is the moment whose budgets were charged: by it a rolling budget knows where to give back.
 */
export async function setClaimed(
  trx: Trx,
  claims: readonly ClaimRow[],
  leaseSeconds: number,
  now: Date,
): Promise<void> {
  if (claims.length === 0) return
  const rows = claims.map((claim) => ({ ...claim, budgetKeys: `{${claim.budgetKeys.join(',')}}` }))
  await sql`
    update emails e
       set status = 'submitting', attempt = e.attempt + 1, claim_id = i."claimId", claimed_at = ${now},
           lease_until = clock_timestamp() + ${leaseSeconds} * interval '1 second', message_id = i."messageId",
           ref = i.ref, budget_keys = i."budgetKeys"::text[], reason_code = null, error_message = null,
           updated_at = now()
      from json_to_recordset(${JSON.stringify(rows)}) as i (
        "tenantId" uuid, id uuid, "claimId" uuid, "messageId" text, ref text, "budgetKeys" text)
     where e.tenant_id = i."tenantId" and e.id = i.id`.execute(trx)
}

export interface Postponement {
  tenantId: string
  id: string
  status: 'scheduled' | 'held'
  /** Null leaves the due time. */
  dueAt: Date | null
  code: string
  reason: string
}

/** Moves locked emails out of the way of those that may go. */
export async function setPostponed(trx: Trx, postponements: readonly Postponement[]): Promise<void> {
  if (postponements.length === 0) return
  await sql`
    update emails e
       set status = i.status, due_at = coalesce(i."dueAt", e.due_at), reason_code = i.code,
           error_message = i.reason, held_at = case i.status when 'held' then now() end, updated_at = now()
      from json_to_recordset(${toJson(postponements)}) as i (
        "tenantId" uuid, id uuid, status text, "dueAt" timestamptz, code text, reason text)
     where e.tenant_id = i."tenantId" and e.id = i.id`.execute(trx)
}

/** Records why the lanes cannot send, or that they can again (block null). */
export async function setLaneBlocks(
  trx: Trx | Db,
  blocks: readonly (LaneRef & { block: LaneBlock | null })[],
): Promise<void> {
  if (blocks.length === 0) return
  const rows = blocks.map(({ mailboxId, lane, block }) => ({ mailboxId, lane, ...block }))
  await sql`
    update sending_lanes l
       set blocked_until = i.until, blocked_code = i.code, blocked_reason = i.reason
      from json_to_recordset(${toJson(rows)}) as i (
        "mailboxId" uuid, lane text, until timestamptz, code text, reason text)
     where l.email_account_id = i."mailboxId" and l.lane = i.lane
       and (l.blocked_until, l.blocked_code) is distinct from (i.until, i.code)`.execute(trx)
}
