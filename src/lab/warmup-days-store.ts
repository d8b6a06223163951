import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** A day goes by: all that warmup knows of becomes a day older, and budgets are those of a new day. */
export async function passDay(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const run = (statement: ReturnType<typeof sql>) => statement.execute(trx)
    await run(
      sql`update warmup_accounts set started_on = started_on - 1, health_since = health_since - interval '1 day'`,
    )
    // In two steps: a day may not meet the one before it on the way.
    for (const [table, column] of [
      ['warmup_plans', 'plan_date'],
      ['warmup_daily_stats', 'date'],
    ] as const)
      for (const days of [-1001, 1000])
        await run(sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} + ${days}::int`)
    await run(sql`
      update warmup_exchanges
         set plan_date = plan_date - 1, planned_at = planned_at - interval '1 day', found_at = found_at - interval '1 day',
             act_after = act_after - interval '1 day', reply_after = reply_after - interval '1 day',
             finished_at = finished_at - interval '1 day'`)
    await run(sql`update warmup_interactions set interaction_at = interaction_at - interval '1 day'`)
    await run(sql`
      update emails set sent_at = sent_at - interval '1 day', sent_on = sent_on - 1, due_at = due_at - interval '1 day'
       where kind = 'warmup'`)
    await run(sql`delete from send_budgets`)
    await run(sql`update sending_lanes set blocked_until = null, blocked_code = null, blocked_reason = null`)
  })
}

/** What is planned for later today is due now, and was to be expected a while ago. */
export async function hurryEmails(db: Db): Promise<void> {
  await sql`
    update warmup_exchanges set planned_at = now() - interval '1 hour' where planned_at > now() - interval '1 hour'`.execute(
    db,
  )
  await sql`update emails set due_at = now() where kind = 'warmup' and status = 'scheduled' and due_at > now()`.execute(
    db,
  )
  await sql`
    insert into lane_wakes (tenant_id, email_account_id, lane)
    select distinct tenant_id, email_account_id, 'low' from emails where kind = 'warmup' and status = 'scheduled'`.execute(
    db,
  )
}

/** What would be done with received messages in some hours is due now. */
export async function hurryRounds(db: Db): Promise<void> {
  await sql`
    update warmup_exchanges
       set planned_at = planned_at - interval '6 hours', found_at = found_at - interval '6 hours',
           act_after = act_after - interval '6 hours', reply_after = reply_after - interval '6 hours'
     where finished_at is null`.execute(db)
}

/** The next round of every mailbox is now. */
export async function callRounds(db: Db): Promise<void> {
  await sql`update warmup_accounts set next_round_at = now()`.execute(db)
}

export interface SceneState {
  /** Mailboxes whose day is planned. */
  planned: number
  /** Emails that could leave and have not. */
  waiting: number
  /** Emails that were sent, and that their receiver has not found. */
  unseen: number
  /** Messages that were found and are not put away. */
  open: number
}

export async function readScene(db: Db): Promise<SceneState> {
  const { rows } = await sql<SceneState>`
    select (select count(*)::int from warmup_plans p
              join email_accounts a on a.tenant_id = p.tenant_id and a.id = p.email_account_id
             where p.plan_date = (now() at time zone a.timezone)::date) as planned,
           (select count(*)::int from emails e
              join sending_lanes l on l.email_account_id = e.email_account_id and l.lane = e.lane
             where e.kind = 'warmup'
               and (e.status = 'submitting' or e.status = 'scheduled' and l.blocked_code is null)) as waiting,
           (select count(*)::int from warmup_exchanges s
              join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id and e.status = 'sent'
              join warmup_exchanges r on r.token = s.token and r.side = 'receiver'
             where s.side = 'sender' and r.found_at is null and r.finished_at is null) as unseen,
           (select count(*)::int from warmup_exchanges
             where side = 'receiver' and found_at is not null and finished_at is null) as open`.execute(db)
  return rows[0] ?? { planned: 0, waiting: 0, unseen: 0, open: 0 }
}

export interface SceneAccount {
  sent: number
  allowed: number
  daysOverRamp: number
  pairs: number
  pairsTwiceADay: number
  pairsOfOneTenantOrDomain: number
  junk: number
  rescued: number
  answered: number
  answersOutOfThread: number
  doneTwice: number
}

/** What the scene has come to, by the rows of both sides. */
export async function readSceneAccount(db: Db): Promise<SceneAccount> {
  const { rows } = await sql<SceneAccount>`
    with begun as (
      select x.plan_date, x.tenant_id, split_part(a.email_address, '@', 2) as domain, x.partner_domain, p.tenant_id as partner_tenant,
             least(a.email_address, x.partner_mailbox) || ' ' || greatest(a.email_address, x.partner_mailbox) as pair
        from warmup_exchanges x
        join email_accounts a on a.tenant_id = x.tenant_id and a.id = x.email_account_id
        join email_accounts p on p.email_address = x.partner_mailbox
       where x.side = 'sender' and x.depth = 1
    ), answers as (
      select e.content -> 'references' ->> -1 as refers, x.thread_token, x.depth
        from emails e join warmup_exchanges x on x.tenant_id = e.tenant_id and x.email_id = e.id and x.side = 'sender'
       where x.depth > 1
    )
    select (select count(*)::int from emails where kind = 'warmup' and status = 'sent') as sent,
           (select sum(ramp_cap)::int from warmup_daily_stats) as allowed,
           (select count(*)::int from warmup_daily_stats where emails_sent > ramp_cap) as "daysOverRamp",
           (select count(*)::int from begun) as pairs,
           (select count(*)::int - count(distinct (plan_date, pair))::int from begun) as "pairsTwiceADay",
           (select count(*)::int from begun where tenant_id = partner_tenant or domain = partner_domain) as "pairsOfOneTenantOrDomain",
           (select count(*)::int from warmup_exchanges where side = 'receiver' and placement = 'junk') as junk,
           (select count(*)::int from warmup_interactions where interaction_type = 'rescued') as rescued,
           (select count(*)::int from answers) as answered,
           (select count(*)::int from answers s where not exists (
              select 1 from warmup_exchanges b join emails e on e.tenant_id = b.tenant_id and e.id = b.email_id
               where b.thread_token = s.thread_token and b.depth = s.depth - 1 and e.message_id = s.refers)) as "answersOutOfThread",
           (select count(*)::int - count(distinct (email_account_id, token, interaction_type))::int
              from warmup_interactions) as "doneTwice"`.execute(db)
  const [account] = rows
  if (!account) throw new Error('the scene has no rows')
  return account
}
