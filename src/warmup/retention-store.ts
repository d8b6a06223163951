import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Exchanges and interactions of one: four messages, two sides, what can be done with each. */
const mostRowsOfConversation = 4 * (2 + 7)

/** A pair rests for up to 90 days, and its conversation goes on for up to seven weeks: what is younger is asked for. */
const leastDays = 100

/** How long conversations are kept, in days since anything was done in them. */
export const conversationDays = (warmupEventDays: number): number => Math.max(warmupEventDays, leastDays)

/**
 * The oldest conversations that are over, by their first message. What could still become of them is known for each message:
 * it was put away or given up, its email's outcome is final, and its receiver is not in a quarantine that it may explain.
 */
const oldConversations = (days: number, limit: number | null) => {
  const before = sql`(now() - ${days} * interval '1 day')`
  return sql`
    select f.tenant_id, f.id, f.email_account_id, f.token, f.thread_token
      from warmup_exchanges f
     where f.side = 'receiver' and f.depth = 1 and f.plan_date <= ${before}::date + 1
       and f.planned_at < ${before} and f.finished_at < ${before}
       and (select bool_or(
                     s.planned_at >= ${before} or r.id is not null and (r.finished_at < ${before}) is not true
                     or e.status not in ('sent', 'failed', 'skipped')
                     or greatest(e.sent_at, e.bounced_at, e.complained_at) >= ${before}
                     or exists (select from warmup_accounts w
                                  join email_accounts a on a.tenant_id = w.tenant_id and a.id = w.email_account_id
                                 where w.tenant_id = r.tenant_id and w.email_account_id = r.email_account_id
                                   and w.health = 'quarantined' and r.plan_date > w.health_since::date - 30
                                   and a.status <> 'removed' and a.warmup_status <> 'none'))
              from warmup_exchanges s
              left join warmup_exchanges r on r.token = s.token and r.side = 'receiver'
              left join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
             where s.thread_token = f.thread_token and s.side = 'sender') is not true
     order by f.plan_date, f.email_account_id limit ${limit}`
}

const sidesOf = (conversations: string) => sql`
  select tenant_id, id, email_account_id, token from ${sql.table(conversations)}
   union
  select x.tenant_id, x.id, x.email_account_id, x.token
    from ${sql.table(conversations)} c
    join warmup_exchanges s on s.thread_token = c.thread_token and s.side = 'sender'
    join warmup_exchanges x on x.token = s.token`

/**
 * Deletes the oldest conversations that are kept no longer, both sides with what was done, at most so many rows; what is left
 * of them is how many two have had. Returns how many rows.
 */
export async function deleteOldConversations(db: Db, days: number, limit: number): Promise<number> {
  const conversations = Math.floor(limit / mostRowsOfConversation)
  const { rows } = await sql<{ count: number }>`
    with old as materialized (${oldConversations(days, conversations)} for update of f skip locked),
    sides as materialized (${sidesOf('old')}),
    interactions as (
      delete from warmup_interactions i using sides x
       where i.tenant_id = x.tenant_id and i.email_account_id = x.email_account_id and i.token = x.token
      returning 1
    ), exchanges as (
      delete from warmup_exchanges w using sides x where w.tenant_id = x.tenant_id and w.id = x.id
      returning w.tenant_id, w.email_account_id, w.partner_mailbox, w.depth
    ), remembered as (
      insert into warmup_acquaintances as k (tenant_id, email_account_id, partner_mailbox, conversations)
      select tenant_id, email_account_id, partner_mailbox, count(*) from exchanges where depth = 1
       group by tenant_id, email_account_id, partner_mailbox
       order by tenant_id, email_account_id, partner_mailbox
      on conflict (tenant_id, email_account_id, partner_mailbox)
        do update set conversations = k.conversations + excluded.conversations
    )
    select (select count(*) from interactions) + (select count(*) from exchanges) as count`.execute(db)
  return rows[0]?.count ?? 0
}

/** Rows that `deleteOldConversations` would delete, if nothing limited it. */
export async function countOldConversations(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with old as materialized (${oldConversations(days, null)}),
    sides as materialized (${sidesOf('old')})
    select (select count(*) from sides) + (
             select count(*) from sides x
               join warmup_interactions i
                 on i.tenant_id = x.tenant_id and i.email_account_id = x.email_account_id and i.token = x.token) as count`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}

const oldRejects = (days: number) => sql`warmup_rejects where date < current_date - ${days}::int`

/** Deletes at most so many of the oldest; returns how many. */
export async function deleteOldRejects(db: Db, days: number, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from warmup_rejects r
     using (select tenant_id, email_account_id, date, reason from ${oldRejects(days)}
             order by date limit ${limit} for update skip locked) old
     where r.tenant_id = old.tenant_id and r.email_account_id = old.email_account_id and r.date = old.date
       and r.reason = old.reason`.execute(db)
  return Number(numAffectedRows ?? 0)
}

export async function countOldRejects(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${oldRejects(days)}`.execute(db)
  return rows[0]?.count ?? 0
}
