import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { endWarmupUnsent } from './warmup-outcome-store.ts'

export interface Skip {
  tenantId: string
  id: string
  code: string
  reason: string
}

/** Ends scheduled or held emails unsent, with their event, and their leads' sequences, in the callers' transaction. */
export async function skipEmails(trx: Trx, skips: readonly Skip[]): Promise<number> {
  if (skips.length === 0) return 0
  const rows = skips.map(({ tenantId, id, code, reason }) => ({ tenantId, id, code, reason }))
  const { rows: skipped } = await sql<{ tenantId: string; id: string; kind: string }>`
    with skipped as (
      update emails e
         set status = 'skipped', reason_code = i.code, error_message = i.reason, updated_at = now()
        from json_to_recordset(${toJson(rows)}) as i ("tenantId" uuid, id uuid, code text, reason text)
       where e.tenant_id = i."tenantId" and e.id = i.id and e.status in ('scheduled', 'held')
       returning e.*
    ), events as (
      insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                                lead_id, email_account_id, data)
      select case kind when 'warmup' then 'warmup' else 'delivery' end, 'skipped', gen_random_uuid(), tenant_id, now(), id,
             attempt, campaign_id, step_id, variant, lead_id, email_account_id, jsonb_build_object('code', reason_code, 'reason', error_message)
        from skipped
    ), sequences as (
      update campaign_leads cl
         set status = 'stopped', stopped_code = s.reason_code, stopped_reason = s.error_message, plan_at = null,
             ended_at = now()
        from skipped s
       where cl.tenant_id = s.tenant_id and cl.campaign_id = s.campaign_id and cl.lead_id = s.lead_id
         and cl.status = 'active'
    )
    select tenant_id as "tenantId", id, kind from skipped`.execute(trx)
  await endWarmupUnsent(
    trx,
    skipped.filter(({ kind }) => kind === 'warmup'),
  )
  return skipped.length
}
