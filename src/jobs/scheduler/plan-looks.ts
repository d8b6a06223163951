import type { Db } from '../../db/connect.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { enqueueJobs } from '../../queue/enqueue.ts'
import { lockMailboxesToLook, parkUnreachable, takeUpUnknown } from '../../sending/look-plan-store.ts'

const emailsAtOnce = 1000
const mailboxesAtOnce = 500

/**
 * Takes up emails that have become `unknown`, and wakes the mailboxes in which one is to be looked for by now. A mailbox whose
 * job still waits or runs gets no second: the looks ride on its syncs.
 */
export async function planLooks(
  db: Db,
  queue: QueueClient,
  looksSeconds: readonly number[],
): Promise<{ taken: number; woken: number; more: boolean }> {
  const taken = await db
    .transaction()
    .execute((trx) => takeUpUnknown(trx, looksSeconds[0] ?? 0, emailsAtOnce))
  await db.transaction().execute((trx) => parkUnreachable(trx))
  const woken = await db.transaction().execute(async (trx) => {
    const mailboxes = await lockMailboxesToLook(trx, mailboxesAtOnce)
    const jobs = mailboxes.map(({ tenantId, id }) => ({ payload: { tenantId, mailboxId: id }, key: id }))
    return enqueueJobs(queue, trx, 'email-processing', jobs)
  })
  return { taken, woken, more: taken === emailsAtOnce }
}
