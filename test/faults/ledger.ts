import { sql } from 'kysely'
import type { Db } from '../../src/db/connect.ts'
import type { LedgerRow } from './verdict.ts'

// Explained: it has ended, waits for its time or for a lane whose block says why and until when, or is in doubt and will
// be looked for, or is parked with a reason.
export async function readLedger(db: Db): Promise<LedgerRow[]> {
  const { rows } = await sql<LedgerRow>`
    select e.id, e.message_id as "messageId", e.email_account_id as "mailboxId", e.status, e.parked_code as "parkedCode",
           e.campaign_id || '/' || e.lead_id || '/' || e.step_id as step,
           case e.status
             when 'scheduled' then e.due_at > now() or l.blocked_until > now()
             when 'unknown' then e.next_look_at is not null or e.parked_code is not null
             else e.status in ('sent', 'failed', 'skipped') end as explained,
           exists (select 1 from email_events v
                    where v.tenant_id = e.tenant_id and v.email_id = e.id and v.type = 'unknown') as "wasUnknown"
      from emails e
      left join sending_lanes l on l.email_account_id = e.email_account_id and l.lane = e.lane`.execute(db)
  return rows
}

export interface Backlog {
  /** Could go now. */
  due: number
  submitting: number
  /** In doubt and still to be looked for. */
  doubtful: number
  ended: number
  /** Leads whose next step the planner owes. */
  unplanned: number
}

export async function readBacklog(db: Db): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select count(*) filter (where e.status = 'scheduled' and (l.blocked_until is null or l.blocked_until < now()
                                   or l.blocked_until < now() + interval '90 seconds')
                              and e.due_at < now() + interval '90 seconds') as due,
           count(*) filter (where e.status = 'submitting') as submitting,
           count(*) filter (where e.status = 'unknown' and e.parked_code is null) as doubtful,
           count(*) filter (where e.status in ('sent', 'failed', 'skipped')) as ended,
           (select count(*) from campaign_leads where plan_at is not null)
             + (select count(*) from campaigns where status = 'active' and enrolled_at is null) as unplanned
      from emails e
      left join sending_lanes l on l.email_account_id = e.email_account_id and l.lane = e.lane`.execute(db)
  return rows[0] ?? { due: 0, submitting: 0, doubtful: 0, ended: 0, unplanned: 0 }
}
