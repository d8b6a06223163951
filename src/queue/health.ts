import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

export interface QueueHealth {
  queue: string
  waiting: number
  running: number
  retried: number
  failed: number
  /** How long waiting jobs have been runnable, on average. */
  averageAgeSeconds: number
}

/** Every queue, dead letters included. */
export async function listQueueHealth(db: Db): Promise<QueueHealth[]> {
  const { rows } = await sql<QueueHealth>`
    select queue_name as queue, pending_jobs as waiting, running_jobs as running, retried_jobs as retried,
           failed_jobs as failed, greatest(0, avg_queue_age_seconds) as "averageAgeSeconds"
      from queue_health_dashboard order by queue_name`.execute(db)
  return rows
}

export interface SchedulerTick {
  task: string
  worker: string
  tickedAt: Date
  /** By the database's clock; ticks are noted every 5 s at most. */
  secondsAgo: number
}

/** When each task of the scheduler last ran, the latest first. */
export async function listSchedulerTicks(db: Db): Promise<SchedulerTick[]> {
  const { rows } = await sql<SchedulerTick>`
    select task, worker, ticked_at as "tickedAt", extract(epoch from now() - ticked_at)::float8 as "secondsAgo"
      from scheduler_ticks order by ticked_at desc`.execute(db)
  return rows
}
