import { claimForgottenReports } from '../../bounces/report-store.ts'
import type { Db, Trx } from '../../db/connect.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { laneKey } from '../../queue/catalogue.ts'
import { enqueueJobs } from '../../queue/enqueue.ts'
import { listLiveJobs } from '../../queue/live-jobs.ts'
import type { LaneRef } from '../../sending/lane-state.ts'
import { insertWakes, listSleepingLanes, lockSweep } from '../../sending/lane-store.ts'
import { expireLeases } from '../../sending/lease-store.ts'

const pageSize = 1000

/**
 * Wakes lanes that have a due row and neither a block, a live job nor a wake. It repairs what a bug
 * or a lost job left behind and drives nothing: a repair is worth a look.
 */
export async function sweepLanes(db: Db, queue: QueueClient): Promise<number> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockSweep(trx))) return 0
    let repaired = 0
    let page = await listSleepingLanes(trx, pageSize)
    while (page.length > 0) {
      const lost = await withoutJob(trx, queue, page)
      await insertWakes(
        trx,
        lost.map((lane) => ({ ...lane, inMs: 0 })),
      )
      repaired += lost.length
      page = await listSleepingLanes(trx, pageSize, page.at(-1))
    }
    return repaired
  })
}

async function withoutJob(trx: Trx, queue: QueueClient, lanes: readonly LaneRef[]): Promise<LaneRef[]> {
  const keys = lanes.map((lane) => laneKey(lane.mailboxId, lane.lane))
  const live = new Set((await listLiveJobs(queue, trx, 'email-sending', keys)).map((job) => job.key))
  return lanes.filter((lane) => !live.has(laneKey(lane.mailboxId, lane.lane)))
}

/** Enqueues reports that nobody has acted on again: a second job for one that still waits changes nothing. */
export async function sweepReports(db: Db, queue: QueueClient): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const forgotten = await claimForgottenReports(trx, pageSize)
    const jobs = forgotten.map((payload) => ({ payload }))
    return enqueueJobs(queue, trx, 'bounce-processing', jobs)
  })
}

/** Ends the leases of workers that no longer answer; their emails become `unknown`. */
export async function sweepLeases(db: Db): Promise<number> {
  return db.transaction().execute((trx) => expireLeases(trx))
}
