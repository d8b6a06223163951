import { sql } from 'kysely'
import type { Db } from '../../src/db/connect.ts'

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

/** What is planned for later today is due now. */
export async function hurryEmails(db: Db): Promise<void> {
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
