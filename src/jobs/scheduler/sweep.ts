import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { laneKey } from '../../queue/catalogue.ts'
import { listLiveJobs } from '../../queue/live-jobs.ts'
import { insertWakes, listSleepingLanes } from '../../sending/lane-store.ts'
import { expireLeases } from '../../sending/lease-store.ts'

/**
 * Wakes lanes that have a due row and neither a block, a live job nor a wake. It repairs what a bug
 * or a lost job left behind and drives nothing: a repair is worth a look.
 */
export async function sweepLanes(db: Db, queue: QueueClient): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('rookery sweep', 0)) as mine`.execute(trx)
    if (!rows[0]?.mine) return 0
    const sleeping = await listSleepingLanes(trx, 1000)
    const keys = sleeping.map((lane) => laneKey(lane.mailboxId, lane.lane))
    const live = new Set((await listLiveJobs(queue, trx, 'email-sending', keys)).map((job) => job.key))
    const lost = sleeping.filter((lane) => !live.has(laneKey(lane.mailboxId, lane.lane)))
    await insertWakes(
      trx,
      lost.map((lane) => ({ ...lane, inMs: 0 })),
    )
    return lost.length
  })
}

/** Ends the leases of workers that no longer answer; their emails become `unknown`. */
export async function sweepLeases(db: Db): Promise<number> {
  return db.transaction().execute((trx) => expireLeases(trx))
}
