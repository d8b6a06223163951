import type { Trx } from '../../db/connect.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { enqueueJobs } from '../../queue/enqueue.ts'

/** Hands a stored report or complaint on, in the transaction that stores it. */
export async function enqueueReport(
  queue: QueueClient,
  trx: Trx,
  report: { tenantId: string; messageId: string },
): Promise<void> {
  await enqueueJobs(queue, trx, 'bounce-processing', [{ payload: report }])
}
