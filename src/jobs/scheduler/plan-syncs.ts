import type { Db } from '../../db/connect.ts'
import { readNow } from '../../db/now.ts'
import { lockDueMailboxes, setNextSyncs } from '../../inbox/sync-store.ts'
import { nextSyncAt } from '../../inbox/sync-times.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { enqueueJobs } from '../../queue/enqueue.ts'

const batchSize = 500

/**
 * Enqueues the sync of mailboxes that are due, and notes when the next one is. A mailbox whose sync still waits or runs
 * gets no second job.
 */
export async function planSyncs(db: Db, queue: QueueClient): Promise<{ planned: number; more: boolean }> {
  return db.transaction().execute(async (trx) => {
    const due = await lockDueMailboxes(trx, batchSize)
    if (due.length === 0) return { planned: 0, more: false }
    const now = await readNow(trx)
    const jobs = due.map(({ tenantId, id }) => ({ payload: { tenantId, mailboxId: id }, key: id }))
    const planned = await enqueueJobs(queue, trx, 'email-processing', jobs)
    const next = due.map(({ tenantId, id, intervalSeconds }) => ({
      tenantId,
      id,
      at: nextSyncAt(id, intervalSeconds, now),
    }))
    await setNextSyncs(trx, next)
    return { planned, more: due.length === batchSize }
  })
}
