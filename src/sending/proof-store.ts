import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { recordWarmupAnswers } from './warmup-outcome-store.ts'

export interface EmailRef {
  tenantId: string
  id: string
}

/** An email that was sent, and what shows it. */
export interface Proof extends EmailRef {
  /** An answer to it, if left out. */
  evidence?: Evidence
}

interface Evidence {
  /** For the event. */
  code: string
  /**
   * By the server's account; used as far as it lies between the claim (of one that was forgotten: its due time) and the
   * doubt. The former if left out.
   */
  sentAt?: Date | undefined
  /** The Message-ID that the server gave it in place of ours. */
  serverMessageId?: string | undefined
}

/**
 * Something shows that a message was sent, such as an answer to it: emails that are `submitting` or `unknown`, or that were put
 * back on the schedule after an attempt, become `sent`, with their event, and their sequences go on. Returns the ids that
 * changed; emails that are known to be sent are left alone, and what a later settle knows only fills gaps.
 */
export async function promoteToSent(trx: Trx, proofs: readonly Proof[]): Promise<Set<string>> {
  if (proofs.length === 0) return new Set()
  const input = proofs.map(({ tenantId, id, evidence = answered }) => ({ tenantId, id, ...evidence }))
  const { rows } = await sql<EmailRef & { kind: string }>`
    with locked as materialized (
      select e.tenant_id, e.id, a.timezone, i."serverMessageId", i.code,
             case when i."sentAt" is null then coalesce(begun.at, e.updated_at)
               else greatest(begun.at,
                      least(i."sentAt", case when e.look_attempt = e.attempt then e.unknown_at end)) end as happened_at
        from emails e
        join json_to_recordset(${toJson(input)}) as i (
               "tenantId" uuid, id uuid, "sentAt" timestamptz, "serverMessageId" text, code text)
          on e.tenant_id = i."tenantId" and e.id = i.id
        join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
       cross join lateral (select least(case when e.claim_id is null then e.due_at else e.claimed_at end, now()) as at) begun
       where e.status in ('submitting', 'unknown') or e.status in ('scheduled', 'held') and e.attempt > 0
       order by e.tenant_id, e.id
         for update of e
    ), promoted as (
      update emails e
         set status = 'sent', sent_at = l.happened_at, sent_on = (l.happened_at at time zone l.timezone)::date,
             server_message_id = coalesce(e.server_message_id, l."serverMessageId"),
             lease_until = null, reason_code = null, error_message = null, updated_at = now()
        from locked l where e.tenant_id = l.tenant_id and e.id = l.id
       returning e.*, l.code
    ), events as (
      insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                                lead_id, email_account_id, sent_on, data)
      select case kind when 'warmup' then 'warmup' else 'delivery' end,
             case kind when 'warmup' then 'warmup_sent' else 'sent' end,
             gen_random_uuid(), tenant_id, sent_at, id, attempt, campaign_id, step_id, variant, lead_id, email_account_id,
             sent_on, jsonb_build_object('code', code)
        from promoted
    ), sequences as (
      update campaign_leads cl
         set last_step_id = p.step_id, last_sent_at = p.sent_at, plan_at = now()
        from promoted p
       where cl.tenant_id = p.tenant_id and cl.campaign_id = p.campaign_id and cl.lead_id = p.lead_id
         and cl.status = 'active'
    )
    select tenant_id as "tenantId", id, kind from promoted`.execute(trx)
  await recordWarmupAnswers(
    trx,
    rows.filter(({ kind }) => kind === 'warmup'),
  )
  return new Set(rows.map((row) => row.id))
}

const answered: Evidence = { code: 'proven_by_answer' }
