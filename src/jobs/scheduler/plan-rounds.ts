import type { Db } from '../../db/connect.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { enqueueJobs } from '../../queue/enqueue.ts'
import { lockDueRounds } from '../../warmup/round-store.ts'

const batchSize = 500

/** Enqueues the rounds of warmup that are due; a mailbox whose round still waits or runs gets no second job. */
export async function planRounds(db: Db, queue: QueueClient): Promise<{ planned: number; more: boolean }> {
  return db.transaction().execute(async (trx) => {
    const due = await lockDueRounds(trx, batchSize)
    const jobs = due.map((payload) => ({ payload, key: payload.mailboxId }))
    const planned = await enqueueJobs(queue, trx, 'warmup-processing', jobs)
    return { planned, more: due.length === batchSize }
  })
}
