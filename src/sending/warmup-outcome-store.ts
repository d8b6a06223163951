import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

interface EmailRef {
  tenantId: string
  id: string
}

/**
 * Warmup emails that the caller's transaction has found to be sent: where one is an answer, that the email before it in the
 * conversation was replied to, as an event of that email, in its own tenant.
 */
export async function recordWarmupAnswers(trx: Trx, sent: readonly EmailRef[]): Promise<void> {
  if (sent.length === 0) return
  const refs = sent.map(({ tenantId, id }) => ({ tenantId, id }))
  await sql`
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, email_account_id, sent_on)
    select 'warmup', 'warmup_replied', gen_random_uuid(), e.tenant_id, answer.sent_at, e.id, e.attempt, e.email_account_id,
           e.sent_on
      from json_to_recordset(${toJson(refs)}) as i ("tenantId" uuid, id uuid)
      join emails answer on answer.tenant_id = i."tenantId" and answer.id = i.id
      join warmup_exchanges a on a.tenant_id = i."tenantId" and a.email_id = i.id and a.side = 'sender' and a.depth > 1
      join warmup_exchanges b on b.thread_token = a.thread_token and b.depth = a.depth - 1 and b.side = 'sender'
      join emails e on e.tenant_id = b.tenant_id and e.id = b.email_id`.execute(trx)
}

/**
 * Warmup emails that the caller's transaction has ended unsent: their receivers look for nothing more, and the two have not
 * met. What was found all the same is let be.
 */
export async function endWarmupUnsent(trx: Trx, ended: readonly EmailRef[]): Promise<void> {
  if (ended.length === 0) return
  const refs = ended.map(({ tenantId, id }) => ({ tenantId, id }))
  await sql`
    update warmup_exchanges x
       set unsent = true, note = coalesce(x.note, 'it was not sent'),
           finished_at = case x.side when 'receiver' then coalesce(x.finished_at, now()) end
      from json_to_recordset(${toJson(refs)}) as i ("tenantId" uuid, id uuid)
      join warmup_exchanges s on s.tenant_id = i."tenantId" and s.email_id = i.id and s.side = 'sender'
      left join warmup_exchanges r on r.token = s.token and r.side = 'receiver'
     where x.token = s.token and r.found_at is null`.execute(trx)
}
