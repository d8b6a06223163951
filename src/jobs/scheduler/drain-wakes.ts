import type { Db } from '../../db/connect.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { laneKey, lanePriority } from '../../queue/catalogue.ts'
import { enqueueJobs } from '../../queue/enqueue.ts'
import { listLiveJobs, pullForward } from '../../queue/live-jobs.ts'
import { type DueWake, deleteWakes, insertWakes, lockDueWakes } from '../../sending/lane-store.ts'

const batchSize = 1000
/** A wake for a lane at work is looked at again after this long. */
const keptForMs = 500

/**
 * Turns due wakes into jobs, one short transaction a batch; returns how many lanes were woken, and whether more
 * wakes may be due: a thousand of one lane fill a batch, and the next lane's must not wait for it.
 * A lane at work keeps its wake: its session may have made its last check before the wake's rows
 * were committed, and nothing else would tell.
 */
export async function drainWakes(db: Db, queue: QueueClient): Promise<{ lanes: number; more: boolean }> {
  return db.transaction().execute(async (trx) => {
    const wakes = await lockDueWakes(trx, batchSize)
    if (wakes.length === 0) return { lanes: 0, more: false }
    const live = await listLiveJobs(queue, trx, 'email-sending', wakes.map(keyOf))
    const stateOf = new Map(live.map((job) => [job.key, job.state]))
    const idle = wakes.filter((wake) => stateOf.get(keyOf(wake)) !== 'active')
    const busy = wakes.filter((wake) => stateOf.get(keyOf(wake)) === 'active')

    await enqueueJobs(queue, trx, 'email-sending', idle.map(toJob))
    const deferred = idle.map(keyOf).filter((key) => stateOf.get(key) === 'deferred')
    await pullForward(queue, trx, 'email-sending', deferred)
    const ids = wakes.flatMap((wake) => wake.ids)
    await deleteWakes(trx, ids)
    await insertWakes(
      trx,
      busy.map(({ tenantId, mailboxId, lane }) => ({ tenantId, mailboxId, lane, inMs: keptForMs })),
    )
    return { lanes: idle.length, more: ids.length === batchSize }
  })
}

const keyOf = (wake: DueWake): string => laneKey(wake.mailboxId, wake.lane)

const toJob = ({ tenantId, mailboxId, lane }: DueWake) => ({
  payload: { tenantId, mailboxId, lane },
  key: laneKey(mailboxId, lane),
  priority: lanePriority[lane],
})
