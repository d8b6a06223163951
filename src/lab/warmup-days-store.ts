import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/**
 * A day goes by: all that warmup knows of becomes a day older, and budgets are those of a new day. What waited for it goes with
 * `hurryEmails`: if it left before the day is planned, it would be missing from the plan.
 */
export async function passDay(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const run = (statement: ReturnType<typeof sql>) => statement.execute(trx)
    // Each day sways by its date: here the date stays, so the seed moves on.
    await run(sql`
      update warmup_accounts
         set started_on = started_on - 1, health_since = health_since - interval '1 day', seed = seed + 1`)
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
      update emails set sent_at = sent_at - interval '1 day', sent_on = sent_on - 1,
             due_at = case status when 'scheduled' then now() + interval '1 hour' else due_at - interval '1 day' end
       where kind = 'warmup'`)
    await run(sql`delete from send_budgets`)
  })
}

/** What is planned for later today, or waited for the day, is due now, and was to be expected a while ago. */
export async function hurryEmails(db: Db): Promise<void> {
  await expectEmails(db)
  await sql`update emails set due_at = now() where kind = 'warmup' and status = 'scheduled' and due_at > now()`.execute(
    db,
  )
  await sql`update sending_lanes set blocked_until = null, blocked_code = null, blocked_reason = null`.execute(
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

async function expectEmails(db: Db): Promise<void> {
  await sql`
    update warmup_exchanges set planned_at = now() - interval '1 hour' where planned_at > now() - interval '1 hour'`.execute(
    db,
  )
}

/** The next round of every mailbox is now, and looks for all that was sent. */
export async function callRounds(db: Db): Promise<void> {
  await expectEmails(db)
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
  /** Sessions of lanes that run or are due, and wakes that make some. */
  sessions: number
  /** Rounds of mailboxes that run or are due. */
  rounds: number
}

export async function readScene(db: Db): Promise<SceneState> {
  const { rows } = await sql<SceneState>`
    select (select count(*)::int from warmup_plans p
              join email_accounts a on a.tenant_id = p.tenant_id and a.id = p.email_account_id
             where p.plan_date = (now() at time zone a.timezone)::date) as planned,
           (select count(*)::int from emails e
              left join sending_lanes l on l.email_account_id = e.email_account_id and l.lane = e.lane
             where e.kind = 'warmup'
               and (e.status = 'submitting' or e.status = 'scheduled' and l.blocked_code is null)) as waiting,
           (select count(*)::int from warmup_exchanges s
              join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id and e.status = 'sent'
              join warmup_exchanges r on r.token = s.token and r.side = 'receiver'
             where s.side = 'sender' and r.found_at is null and r.finished_at is null) as unseen,
           (select count(*)::int from warmup_exchanges
             where side = 'receiver' and found_at is not null and finished_at is null) as open,
           (select count(*)::int from jobs
             where queue_name = 'email-sending' and (status = 'running' or status = 'queued' and run_at <= now()))
             + (select count(*)::int from lane_wakes where wake_at <= now()) as sessions,
           (select count(*)::int from jobs
             where queue_name = 'warmup-processing' and (status = 'running' or status = 'queued' and run_at <= now()))
             + (select count(*)::int from warmup_accounts where next_round_at <= now()) as rounds`.execute(db)
  const [state] = rows
  if (!state) throw new Error('the scene has no state')
  return state
}

/** What each mailbox's plan of today says. */
export async function readPlans(db: Db): Promise<{ address: string; wanted: number; planned: number }[]> {
  const { rows } = await sql<{ address: string; wanted: number; planned: number }>`
    select a.email_address as address, p.wanted, p.planned
      from warmup_plans p
      join email_accounts a on a.tenant_id = p.tenant_id and a.id = p.email_account_id
     where p.plan_date = (now() at time zone a.timezone)::date
     order by 1`.execute(db)
  return rows
}
