import { sql } from 'kysely'
import type { Pool } from 'pg'
import type { Db, Trx } from '../db/connect.ts'
import { installBoss } from './boss.ts'
import { deadLetterQueue, queuedRetentionSeconds, queueNames, queues } from './catalogue.ts'

/**
 * Creates pg-boss's tables, one list partition for each queue of the catalogue and one for its dead
 * letters, and the views over them. Safe to run again and from several processes at once.
 */
export async function installQueues(pool: Pool, db: Db, schema: string): Promise<void> {
  const boss = await installBehindViews(pool, db, schema)
  try {
    for (const name of queueNames) {
      const deadLetter = deadLetterQueue(name)
      await boss.createQueue(deadLetter, { partition: true, retentionSeconds: queuedRetentionSeconds })
      await boss.createQueue(name, { partition: true, policy: queues[name].policy, deadLetter })
      await boss.updateQueue(name, changeableOptions(name))
    }
  } finally {
    await boss.stop({ graceful: false, close: false })
  }
  await replaceQueueViews(db, schema)
}

// A new release of pg-boss may alter columns that the views read; otherwise they stay, with what was granted on them.
async function installBehindViews(pool: Pool, db: Db, schema: string) {
  try {
    return await installBoss(pool, schema)
  } catch {
    await dropQueueViews(db)
    return installBoss(pool, schema)
  }
}

async function replaceQueueViews(db: Db, schema: string): Promise<void> {
  try {
    await db.transaction().execute((trx) => createQueueViews(trx, schema))
  } catch {
    await db.transaction().execute(async (trx) => {
      await dropQueueViews(trx)
      await createQueueViews(trx, schema)
    })
  }
}

// Policy and partition are fixed at creation; these follow the catalogue.
function changeableOptions(name: (typeof queueNames)[number]) {
  const queue = queues[name]
  return {
    retryLimit: queue.retryLimit,
    retryDelay: queue.retryDelaySeconds,
    expireInSeconds: queue.expireSeconds,
    heartbeatSeconds: queue.heartbeatSeconds,
    deleteAfterSeconds: queue.deleteAfterSeconds,
    retentionSeconds: queuedRetentionSeconds,
  }
}

// By their full names: another schema of the search path may have a table called jobs.
async function dropQueueViews(db: Db | Trx): Promise<void> {
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db)
  const names = ['queue_health_dashboard', 'job_queues', 'jobs'].map((view) =>
    sql.id(rows[0]?.schema ?? '', view),
  )
  await sql`drop view if exists ${sql.join(names)}`.execute(db)
}

async function createQueueViews(db: Trx, schema: string): Promise<void> {
  const job = sql.id(schema, 'job')
  const queue = sql.id(schema, 'queue')
  await sql`
    create or replace view jobs as
    select id, name as queue_name,
           case state::text when 'created' then 'queued' when 'retry' then 'queued' when 'active' then 'running'
             else state::text end as status,
           priority, data as payload, retry_count as attempt_count, retry_limit as max_attempts,
           start_after as run_at, started_on as started_at,
           case when state::text = 'completed' then completed_on end as completed_at,
           case when state::text = 'failed' then completed_on end as failed_at,
           coalesce(output ->> 'message', output ->> 'reason') as last_error_message,
           singleton_key, expire_seconds * interval '1 second' as expire_in, keep_until,
           created_on as created_at
      from ${job}`.execute(db)
  await sql`
    create or replace view job_queues as
    select name, policy, retry_limit, dead_letter, true as is_active, created_on as created_at,
           updated_on as updated_at
      from ${queue}`.execute(db)
  await sql`
    create or replace view queue_health_dashboard as
    select q.name as queue_name,
           count(j.id) filter (where j.status = 'queued') as pending_jobs,
           count(j.id) filter (where j.status = 'running') as running_jobs,
           coalesce(avg(extract(epoch from now() - j.run_at)) filter (where j.status = 'queued'), 0)::real
             as avg_queue_age_seconds,
           count(j.id) filter (where j.status = 'failed') as failed_jobs,
           count(j.id) filter (where j.attempt_count > 0) as retried_jobs,
           min(j.created_at) as oldest_job,
           max(j.created_at) as newest_job
      from job_queues q left join jobs j on j.queue_name = q.name and j.status in ('queued', 'running', 'failed')
     group by q.name`.execute(db)
}
