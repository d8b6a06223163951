import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { CampaignKey } from './store.ts'
import type { LeadFields } from './variables.ts'

/** An email that waits in the ledger, with what its text is made from. */
export interface WaitingEmail {
  lead: LeadFields
  stepId: string
  variant: number | null
  mailboxId: string
  dueAt: Date
  /** The last email of the thread that went out. */
  previous: { stepId: string; variant: number | null; subject: string; sentAt: string } | null
  threadSubject: string | null
}

/** The next emails of a launched campaign, in the order of their times. */
export async function listWaitingEmails(
  db: Db,
  campaign: CampaignKey,
  limit: number,
): Promise<WaitingEmail[]> {
  const { rows } = await sql<WaitingEmail>`
    select json_build_object('id', l.id, 'email', l.email, 'first_name', l.first_name, 'last_name', l.last_name,
             'company', l.company, 'position', l.position, 'timezone', l.timezone, 'metadata', l.metadata) as lead,
           e.step_id as "stepId", e.variant, e.email_account_id as "mailboxId", e.due_at as "dueAt", thread.previous,
           thread.subject as "threadSubject"
      from emails e
      join leads l on l.tenant_id = e.tenant_id and l.id = e.lead_id
      left join lateral (
        select (array_agg(s.subject order by s.sent_at))[1] as subject,
               (array_agg(json_build_object('stepId', s.step_id, 'variant', s.variant, 'subject', s.subject, 'sentAt', s.sent_at)
                          order by s.sent_at desc))[1] as previous
          from emails s
         where s.tenant_id = e.tenant_id and s.campaign_id = e.campaign_id and s.lead_id = e.lead_id
           and s.status = 'sent'
      ) thread on true
     where e.tenant_id = ${campaign.tenant_id} and e.campaign_id = ${campaign.id}
       and e.status in ('scheduled', 'held')
     order by e.due_at, e.id limit ${limit}`.execute(db)
  return rows
}
