import type { Trx } from '../db/connect.ts'
import { inTransaction, type QueueClient } from './boss.ts'
import { type Payload, type QueueName, queues } from './catalogue.ts'

export interface NewJob<Name extends QueueName> {
  payload: Payload<Name>
  /** With an exclusive queue: at most one live job bears it, a second is left out. */
  key?: string
  priority?: number
  startAfter?: Date
}

/** Enqueues in the caller's transaction: rolled back with it, visible with it. Returns how many were new. */
export async function enqueueJobs<Name extends QueueName>(
  queue: QueueClient,
  trx: Trx,
  name: Name,
  jobs: readonly NewJob<Name>[],
): Promise<number> {
  if (jobs.length === 0) return 0
  const inserted = await queue.boss.insert(
    name,
    jobs.map((job) => toInsert(name, job)),
    {
      ...inTransaction(trx),
      returnId: true,
    },
  )
  return inserted?.length ?? 0
}

function toInsert<Name extends QueueName>(name: Name, job: NewJob<Name>) {
  return {
    data: queues[name].payload.parse(job.payload),
    ...(job.key === undefined ? {} : { singletonKey: job.key }),
    ...(job.priority === undefined ? {} : { priority: job.priority }),
    ...(job.startAfter === undefined ? {} : { startAfter: job.startAfter }),
  }
}
