import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { EmailRef } from './proof-store.ts'

export interface Answer {
  type: 'replied' | 'auto_replied' | 'unsubscribed'
  /** When the answer arrived. */
  at: Date
  /** Names the message, wherever and whenever it is read again. */
  identity: string
  data: object
}

/**
 * Notes on a locked email that an answer came: the event, once for a message, and once for an email if it unsubscribes;
 * and when the first reply of a person, or the first unsubscribe, did.
 */
export async function recordAnswer(trx: Trx, email: EmailRef, answer: Answer): Promise<void> {
  const { type, at, data } = answer
  // Null leaves it out: a report that says so makes the same id.
  const identity = type === 'unsubscribed' ? null : answer.identity
  await sql`
    with answered as (
      update emails
         set replied_at = case when ${type} = 'replied' then least(replied_at, ${at}) else replied_at end,
             unsubscribed_at =
               case when ${type} = 'unsubscribed' then coalesce(unsubscribed_at, ${at}) else unsubscribed_at end,
             updated_at = now()
       where tenant_id = ${email.tenantId} and id = ${email.id}
      returning *, md5(concat_ws('/', ${type}::text, id, ${identity}::text))::uuid as event_id
    ), keyed as (
      insert into email_event_keys (tenant_id, id) select tenant_id, event_id from answered
      on conflict do nothing returning id
    )
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant, lead_id,
                              email_account_id, sent_on, data)
    select case kind when 'warmup' then 'warmup' else 'engagement' end, ${type}, event_id, tenant_id, ${at}, a.id, attempt, campaign_id, step_id, variant, lead_id,
           email_account_id, sent_on, ${toJson(data)}::jsonb
      from answered a join keyed k on k.id = a.event_id`.execute(trx)
}
