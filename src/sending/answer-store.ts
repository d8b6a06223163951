import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { EmailRef } from './proof-store.ts'

export interface Answer {
  type: 'replied' | 'auto_replied' | 'unsubscribed'
  /** When the answer arrived. */
  at: Date
  data: object
}

/** Notes on a locked email that an answer came: the event, and for a person's reply when the first one did. */
export async function recordAnswer(trx: Trx, email: EmailRef, { type, at, data }: Answer): Promise<void> {
  await sql`
    with answered as (
      update emails
         set replied_at = case when ${type} = 'replied' then coalesce(replied_at, ${at}) else replied_at end,
             updated_at = now()
       where tenant_id = ${email.tenantId} and id = ${email.id}
      returning *
    )
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, lead_id,
                              email_account_id, sent_on, data)
    select 'engagement', ${type}, gen_random_uuid(), tenant_id, ${at}, id, attempt, campaign_id, step_id, lead_id,
           email_account_id, sent_on, ${toJson(data)}::jsonb
      from answered`.execute(trx)
}
