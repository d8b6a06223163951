import { sql } from 'kysely'
import { createCoalescer } from '../core/coalescer.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Db, Trx } from '../db/connect.ts'
import { storable } from '../db/json.ts'
import { untilAnswered } from '../db/retry.ts'
import { inTransaction, type QueueClient } from './boss.ts'
import type { QueueName } from './catalogue.ts'
import { insertJobLogs, type JobLog } from './job-logs.ts'
import { jobTable } from './live-jobs.ts'

/** One attempt of one job, as fetched: the pair that fences every settle. */
export interface JobAttempt {
  id: string
  retryCount: number
  key: string | null
  priority: number
  data: object
  startedAt: Date
}

/** What became of an attempt: the handler's outcome, or that it threw. */
export type Settlement = { job: JobAttempt; log: JobLog | undefined } & (
  | { outcome: Outcome }
  | { failure: { message: string } }
)

/**
 * Writes settlements in batches, each batch one transaction, fenced by attempt: an attempt that was
 * taken away (expired, silent) changes nothing and enqueues nothing.
 */
export function createJobSettler(queue: QueueClient, db: Db, name: QueueName) {
  const settle = (batch: readonly Settlement[]) =>
    untilAnswered(() => db.transaction().execute((trx) => settleBatch(queue, trx, name, batch)))
  return createCoalescer<Settlement, void>({
    maxWaitMs: 10,
    maxBatch: 500,
    run: async (batch) => {
      await settle(batch)
      return batch.map(() => undefined)
    },
  })
}

async function settleBatch(
  queue: QueueClient,
  trx: Trx,
  name: QueueName,
  batch: readonly Settlement[],
): Promise<void> {
  const outcomes = batch.filter((item) => 'outcome' in item)
  const finished = outcomes.filter((item) => item.outcome.kind !== 'reject')
  const owned = await completeOwned(
    queue,
    trx,
    name,
    finished.map((item) => item.job),
  )
  const successors = finished.flatMap((item) =>
    item.outcome.kind === 'continue' && owned.has(item.job)
      ? [successor(item.job, item.outcome.afterMs)]
      : [],
  )
  if (successors.length > 0) await queue.boss.insert(name, successors, inTransaction(trx))

  for (const item of outcomes) {
    if (item.outcome.kind === 'reject') await deadLetter(queue, trx, name, item.job, item.outcome.reason)
  }
  for (const item of batch) {
    if (!('failure' in item)) continue
    const output = { message: storable(item.failure.message) }
    await queue.boss.fail(name, attempt(item.job), output, inTransaction(trx))
  }
  await insertJobLogs(
    trx,
    batch.flatMap((item) => (item.log ? [item.log] : [])),
  )
}

// A complete that reports fewer than it was given has met attempts that are no longer ours.
async function completeOwned(
  queue: QueueClient,
  trx: Trx,
  name: QueueName,
  jobs: readonly JobAttempt[],
): Promise<Set<JobAttempt>> {
  if (jobs.length === 0) return new Set()
  const { rows } = await sql<{ id: string; retry_count: number }>`
    select id, retry_count from ${jobTable(queue)} j
     where name = ${name} and state = 'active'
       and (id, retry_count) in (select * from unnest(${jobs.map((job) => job.id)}::uuid[], ${jobs.map((job) => job.retryCount)}::int[]))
     order by id for update`.execute(trx)
  const active = new Map(rows.map((row) => [row.id, row.retry_count]))
  const owned = jobs.filter((job) => active.get(job.id) === job.retryCount)
  if (owned.length > 0) await queue.boss.complete(name, owned.map(attempt), null, inTransaction(trx))
  return new Set(owned)
}

// Without retries left, fail() moves the job to the dead-letter queue with its provenance, ready to be redriven.
async function deadLetter(
  queue: QueueClient,
  trx: Trx,
  name: QueueName,
  job: JobAttempt,
  reason: string,
): Promise<void> {
  await sql`
    update ${jobTable(queue)} set retry_limit = retry_count
     where name = ${name} and id = ${job.id} and retry_count = ${job.retryCount} and state = 'active'`.execute(
    trx,
  )
  await queue.boss.fail(name, attempt(job), { reason: storable(reason) }, inTransaction(trx))
}

const attempt = (job: JobAttempt) => ({ id: job.id, retryCount: job.retryCount })

// A time of day would be by this machine's clock: one that is two hours ahead would keep the lane waiting for two hours.
const successor = (job: JobAttempt, afterMs: number) => ({
  data: job.data,
  priority: job.priority,
  startAfter: afterMs / 1000,
  ...(job.key === null ? {} : { singletonKey: job.key }),
})
