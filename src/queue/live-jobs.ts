import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { QueueClient } from './boss.ts'
import type { QueueName } from './catalogue.ts'

export interface LiveJob {
  key: string
  /** waiting: runnable now; deferred: only later; active: in a worker's hands. */
  state: 'waiting' | 'deferred' | 'active'
}

/** The live job of each key of an exclusive queue, as committed at this statement's snapshot. */
export async function listLiveJobs(
  queue: QueueClient,
  db: Db | Trx,
  name: QueueName,
  keys: readonly string[],
): Promise<LiveJob[]> {
  const { rows } = await sql<LiveJob>`
    select singleton_key as key,
           case when state = 'active' then 'active' when start_after > now() then 'deferred' else 'waiting' end as state
      from ${jobTable(queue)}
     where name = ${name} and state <= 'active' and singleton_key = any(${keys})`.execute(db)
  return rows
}

/** Makes deferred and retrying jobs runnable now; a job in a worker's hands is left alone. Locks in key order. */
export async function pullForward(
  queue: QueueClient,
  trx: Trx,
  name: QueueName,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return
  await sql`
    with locked as materialized (
      select id from ${jobTable(queue)}
       where name = ${name} and state < 'active' and start_after > now() and singleton_key = any(${keys})
       order by singleton_key for update
    )
    update ${jobTable(queue)} j set start_after = now() from locked l where j.name = ${name} and j.id = l.id
  `.execute(trx)
}

export const jobTable = (queue: QueueClient) => sql.id(queue.schema, 'job')
