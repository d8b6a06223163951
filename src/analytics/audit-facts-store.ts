import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { type AuditedDays, asObject, asRow, type Difference } from './difference-store.ts'
import { isSealed } from './watermark-store.ts'

interface EmailRef {
  tenantId: string
  id: string
}

// First facts of the ledger, by the type of the events of which each is the first by a person.
const typeOf = {
  opened_at: 'opened',
  clicked_at: 'clicked',
  replied_at: 'replied',
  bounced_at: 'bounced',
  unsubscribed_at: 'unsubscribed',
  complained_at: 'complained',
}

const facts = Object.keys(typeOf)
const types = sql.join(Object.values(typeOf))
const firsts = sql.join(
  Object.entries(typeOf).map(
    ([fact, type]) =>
      sql`min(occurred_at) filter (where type = ${sql.lit(type)} and not machine) as ${sql.ref(fact)}`,
  ),
)

// What happened on a sealed day may have been told then, in events that are gone: it cannot be computed again.
const kept = (row: 'v' | 't') =>
  sql.raw(
    facts
      .map((fact) => {
        const isGone = `(v.${fact} at time zone 'UTC')::date <= h.through`
        return `case when ${isGone} then null else ${row}.${fact} end as ${fact}`
      })
      .join(', '),
  )

const horizons = sql`
  select t.id as tenant_id, coalesce(max(s.through), '-infinity') as through
    from tenants t left join analytics_sealed_days s on s.tenant_id = t.id or s.tenant_id is null group by 1`

// Left out is what happened on sealed days. What was told of an email that is not known to be sent is not compared: its events
// go without a sign.
const differing = ({ from, to }: AuditedDays, columns: ReturnType<typeof sql>) => sql`
  with told as (
    select tenant_id, email_id, ${firsts} from email_events
     where class in ('delivery', 'engagement') and type in (${types})
       and (sent_on between ${from} and ${to} or sent_on is null)
     group by 1, 2
  ), horizons as (${horizons})
  select ${columns}
    from emails v
    join horizons h on h.tenant_id = v.tenant_id
    left join told t on t.tenant_id = v.tenant_id and t.email_id = v.id
   cross join lateral (select ${kept('v')}) s
   cross join lateral (select ${kept('t')}) c
   where v.sent_on between ${from} and ${to} and v.kind <> 'warmup' and not ${isSealed('v.sent_on')}
     and ${asRow('s', facts)} is distinct from ${asRow('c', facts)}`

/** Emails sent on some days whose first facts are not those of their events. */
export async function listFactDifferences(trx: Trx, days: AuditedDays, limit: number): Promise<Difference[]> {
  const columns = sql`
    'emails' as what, 'events' as "comparedWith", null as "stepId", null as variant, v.tenant_id as "tenantId", v.campaign_id as "campaignId", v.email_account_id as "mailboxId",
    v.id as "emailId", v.sent_on as date, ${asObject('s', facts)} as stored, ${asObject('c', facts)} as computed`
  const { rows } =
    await sql<Difference>`${differing(days, columns)} order by v.sent_on, v.id limit ${limit}`.execute(trx)
  return rows
}

// That of a bounce stands beside its kind and its reason, which its report tells: it is read again, not mended here.
const mendable = facts.filter((fact) => fact !== 'bounced_at')

/** Of which an event tells another time than the ledger. */
export async function listMendableFacts(db: Db): Promise<EmailRef[]> {
  const always = { from: '-infinity', to: 'infinity' }
  const isOther = sql.raw(
    mendable.map((fact) => `c.${fact} is not null and c.${fact} is distinct from s.${fact}`).join(' or '),
  )
  const { rows } = await sql<EmailRef>`
    ${differing(always, sql`v.tenant_id as "tenantId", v.id`)} and (${isOther}) order by v.tenant_id, v.id`.execute(
    db,
  )
  return rows
}

/**
 * Gives emails the first facts that their events tell of; returns how many. What no event tells of stays, and so does what
 * happened on sealed days: it is events that may be missing, not facts.
 */
export async function mendFacts(trx: Trx, emails: readonly EmailRef[]): Promise<number> {
  const refs = sql`select "tenantId", id from json_to_recordset(${toJson(emails)}) as i ("tenantId" uuid, id uuid)`
  await sql`
    select from emails e where (e.tenant_id, e.id) in (${refs}) order by e.tenant_id, e.id for update`.execute(
    trx,
  )
  const mended = sql.raw(
    mendable
      .map((fact) => {
        const isKept = `(e.${fact} at time zone 'UTC')::date <= h.through`
        return `${fact} = case when ${isKept} then e.${fact} else coalesce(c.${fact}, e.${fact}) end`
      })
      .join(', '),
  )
  // A statement of its own, which sees what those told who held the emails before us.
  const { numAffectedRows } = await sql`
    with told as (
      select tenant_id, email_id, ${firsts} from email_events
       where class in ('delivery', 'engagement') and type in (${types}) and (tenant_id, email_id) in (${refs})
       group by 1, 2
    ), horizons as (${horizons})
    update emails e set ${mended}, updated_at = now()
      from told c join horizons h on h.tenant_id = c.tenant_id
     where e.tenant_id = c.tenant_id and e.id = c.email_id`.execute(trx)
  return Number(numAffectedRows ?? 0)
}
