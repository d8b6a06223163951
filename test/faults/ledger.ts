import { sql } from 'kysely'
import pLimit from 'p-limit'
import type { Db } from '../../src/db/connect.ts'
import { explain } from '../../src/jobs/why/explain.ts'
import type { LedgerRow } from './verdict.ts'

/** The rows with what `rookery why` says of those that have not ended: something that ends at a time, or that somebody must act on. */
export async function readLedger(db: Db): Promise<LedgerRow[]> {
  const { rows } = await sql<Omit<LedgerRow, 'explained'> & { tenantId: string }>`
    select e.id, e.tenant_id as "tenantId", e.message_id as "messageId", e.email_account_id as "mailboxId",
           e.campaign_id as "campaignId", e.is_follow_up as "isFollowUp", e.status, e.parked_code as "parkedCode",
           e.campaign_id || '/' || e.lead_id || '/' || e.step_id as step,
           exists (select 1 from email_events v
                    where v.tenant_id = e.tenant_id and v.email_id = e.id and v.type = 'unknown') as "wasUnknown"
      from emails e`.execute(db)
  const limit = pLimit(10)
  return Promise.all(
    rows.map(async ({ tenantId, ...row }) => ({
      ...row,
      explained: hasEnded(row.status) || (await limit(() => isExplained(db, tenantId, row.id))),
    })),
  )
}

const hasEnded = (status: string): boolean => ['sent', 'failed', 'skipped'].includes(status)

async function isExplained(db: Db, tenantId: string, id: string): Promise<boolean> {
  const said = await explain(db, { type: 'email', id, tenantId, name: '', tenant: '' })
  if (!said || said.state === 'submitting') return false
  return said.causes.some(({ until }) => until !== undefined)
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
