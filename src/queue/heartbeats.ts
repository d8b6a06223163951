import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { QueueClient } from './boss.ts'
import { type QueueName, queues } from './catalogue.ts'
import type { JobAttempt } from './job-settler.ts'
import { jobTable } from './live-jobs.ts'

export interface Watch {
  signal: AbortSignal
  end(): void
}

/** Says for all running jobs of a pool, in one statement, that they are alive; aborts those that were taken away. */
export function createHeartbeats(
  client: QueueClient,
  db: Db,
  name: QueueName,
  onError: (error: unknown) => void,
) {
  const running = new Map<JobAttempt, AbortController>()
  const beat = setInterval(() => void touchAll().catch(onError), (queues[name].heartbeatSeconds * 1000) / 3)
  beat.unref()

  async function touchAll(): Promise<void> {
    const jobs = [...running.keys()]
    if (jobs.length === 0) return
    const attempts = jobs.map((job) => ({ id: job.id, retryCount: job.retryCount }))
    await client.boss.touch(name, attempts)
    for (const job of await listLost(jobs)) {
      running.get(job)?.abort(new Error('this attempt was given to another worker'))
    }
  }

  async function listLost(jobs: readonly JobAttempt[]): Promise<JobAttempt[]> {
    const { rows } = await sql<{ id: string; retry_count: number }>`
      select id, retry_count from ${jobTable(client)}
       where name = ${name} and state = 'active' and id = any(${jobs.map((job) => job.id)}::uuid[])`.execute(
      db,
    )
    const held = new Map(rows.map((row) => [row.id, row.retry_count]))
    return jobs.filter((job) => running.has(job) && held.get(job.id) !== job.retryCount)
  }

  return {
    watch(job: JobAttempt, draining: AbortSignal): Watch {
      const lost = new AbortController()
      const expireMs = queues[name].expireSeconds * 1000
      const expiry = setTimeout(() => lost.abort(new Error('this attempt has expired')), expireMs)
      expiry.unref()
      running.set(job, lost)
      return {
        signal: AbortSignal.any([lost.signal, draining]),
        end() {
          clearTimeout(expiry)
          running.delete(job)
        },
      }
    },
    stop: () => clearInterval(beat),
  }
}
