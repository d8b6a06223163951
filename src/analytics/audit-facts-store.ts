import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { type AuditedDays, asObject, asRow, type Difference } from './difference-store.ts'
import { isSealed } from './watermark-store.ts'

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

// Left out is what happened on sealed days. What was told of an email that is not known to be sent is not compared: its events
// go without a sign.
const differing = ({ from, to }: AuditedDays, columns: ReturnType<typeof sql>) => sql`
  with told as (
    select tenant_id, email_id, ${firsts} from email_events
     where class in ('delivery', 'engagement') and type in (${types})
       and (sent_on between ${from} and ${to} or sent_on is null)
     group by 1, 2
  ), horizons as (
    select t.id as tenant_id, coalesce(max(s.through), '-infinity') as through
      from tenants t left join analytics_sealed_days s on s.tenant_id = t.id or s.tenant_id is null group by 1
  )
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

/** Gives emails the first facts of their events where they have others, and keeps those of sealed days; returns of how many. */
export async function restoreFacts(trx: Trx): Promise<number> {
  const always = { from: '-infinity', to: 'infinity' }
  const columns = sql.raw(`v.tenant_id, v.id, h.through, ${facts.map((fact) => `c.${fact}`).join(', ')}`)
  const restored = sql.raw(
    facts
      .map((fact) => {
        const isKept = `(e.${fact} at time zone 'UTC')::date <= d.through`
        return `${fact} = case when ${isKept} then e.${fact} else d.${fact} end`
      })
      .join(', '),
  )
  const { numAffectedRows } = await sql`
    update emails e set ${restored}, updated_at = now() from (${differing(always, columns)}) d
     where e.tenant_id = d.tenant_id and e.id = d.id`.execute(trx)
  return Number(numAffectedRows ?? 0)
}
