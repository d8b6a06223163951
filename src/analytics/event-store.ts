import { isIP } from 'node:net'
import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { MachineReason } from './machine.ts'

/** Somebody, or something, loaded the picture of an email or followed a link of it. */
export interface Engagement {
  tenantId: string
  emailId: string
  /** Names the request: given twice, it is one event. */
  requestId: string
  type: 'opened' | 'clicked'
  /** A time to come is taken for now. */
  at: Date
  /** Null: a person. */
  machine: MachineReason | null
  ip?: string | undefined
  userAgent?: string | undefined
  /** Where the link leads. */
  url?: string | undefined
}

/**
 * Notes opens and clicks: an event for each request, and on the ledger when a person first opened or clicked. Emails that
 * are not known, and warmup, are passed over. Locks the emails; returns the ids of the requests that were new.
 */
export async function recordEngagement(trx: Trx, engagements: readonly Engagement[]): Promise<Set<string>> {
  if (engagements.length === 0) return new Set()
  const { rows } = await sql<{ requestId: string }>`
    with told as materialized (
      select *, md5(concat_ws('/', type, "emailId", "requestId"))::uuid as id
        from json_to_recordset(${toJson(engagements.map(told))}) as i (
          "tenantId" uuid, "emailId" uuid, "requestId" text, type text, at timestamptz, machine boolean, data jsonb)
    ), locked as materialized (
      select e.tenant_id, e.id, e.attempt, e.campaign_id, e.step_id, e.variant, e.lead_id, e.email_account_id, e.sent_on
        from emails e
       where (e.tenant_id, e.id) in (select "tenantId", "emailId" from told) and e.kind <> 'warmup'
       order by e.tenant_id, e.id for update of e
    ), keyed as (
      insert into email_event_keys (tenant_id, id)
      select distinct t."tenantId", t.id from told t
        join locked l on l.tenant_id = t."tenantId" and l.id = t."emailId" order by 1, 2
      on conflict do nothing returning tenant_id, id
    ), fresh as materialized (
      select distinct on (t.id) t.*, least(t.at, now()) as happened_at
        from told t join keyed k on k.tenant_id = t."tenantId" and k.id = t.id order by t.id
    ), firsts as (
      update emails e
         set opened_at = least(e.opened_at, f.opened_at), clicked_at = least(e.clicked_at, f.clicked_at),
             updated_at = now()
        from (select "tenantId", "emailId", min(happened_at) filter (where type = 'opened') as opened_at,
                     min(happened_at) filter (where type = 'clicked') as clicked_at
                from fresh where not machine group by 1, 2) f
       where e.tenant_id = f."tenantId" and e.id = f."emailId"
         and (f.opened_at < coalesce(e.opened_at, 'infinity') or f.clicked_at < coalesce(e.clicked_at, 'infinity'))
    ), events as (
      insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                                lead_id, email_account_id, sent_on, machine, data)
      select 'engagement', f.type, f.id, l.tenant_id, f.happened_at, l.id, l.attempt, l.campaign_id, l.step_id, l.variant, l.lead_id,
             l.email_account_id, l.sent_on, f.machine, f.data
        from fresh f join locked l on l.tenant_id = f."tenantId" and l.id = f."emailId"
    )
    select "requestId" from fresh`.execute(trx)
  return new Set(rows.map((row) => row.requestId))
}

// Its zone (RFC 4007) means something on one machine only, and is none to PostgreSQL.
function readAddress(ip: string | undefined): string | undefined {
  const address = ip?.replace(/%.*$/s, '')
  return address !== undefined && isIP(address) ? address : undefined
}

function told({ machine, ip, userAgent, url, ...engagement }: Engagement) {
  const data = {
    ip: readAddress(ip),
    userAgent: userAgent?.slice(0, 500),
    url: url?.slice(0, 2000),
    machineReason: machine ?? undefined,
  }
  return { ...engagement, machine: machine !== null, data }
}
