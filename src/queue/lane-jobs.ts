import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** The live sending job of each lane: in a worker's hands, or waiting, since when. */
export async function listLaneJobs(
  db: Db,
  keys: readonly string[],
): Promise<Map<string, { running: boolean; since: Date }>> {
  const { rows } = await sql<{ key: string; running: boolean; since: Date }>`
    select singleton_key as key, status = 'running' as running,
           case when status = 'running' then started_at else run_at end as since
      from jobs
     where queue_name = 'email-sending' and status in ('queued', 'running') and singleton_key = any(${keys}::text[])`.execute(
    db,
  )
  return new Map(rows.map(({ key, running, since }) => [key, { running, since }]))
}

/** Sending jobs in workers' hands, by priority. */
export async function countRunningLanes(db: Db): Promise<Map<number, number>> {
  const { rows } = await sql<{ priority: number; count: number }>`
    select priority, count(*) as count from jobs
     where queue_name = 'email-sending' and status = 'running' group by priority`.execute(db)
  return new Map(rows.map(({ priority, count }) => [priority, count]))
}
