import { done } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import { ensureEventPartitions } from '../db/partitions.ts'
import type { Handler } from '../queue/pool.ts'
import { deleteOldBudgets, deleteOldJobLogs } from '../sending/retention-store.ts'

/** Keeps the house: partitions of the coming months, and rows that nobody reads any more. */
export function systemMaintenance(room: { db: Db }): Handler<'system-maintenance'> {
  return async ({ task }) => {
    switch (task) {
      case 'partitions':
        return done((await ensureEventPartitions(room.db, new Date())).length)
      case 'prune':
        return done((await deleteOldBudgets(room.db)) + (await deleteOldJobLogs(room.db)))
    }
  }
}
