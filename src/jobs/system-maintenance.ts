import { done } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import { ensureEventPartitions } from '../db/partitions.ts'
import type { GuardRules } from '../guardrails/rules.ts'
import { deleteOldMessages, type InboundRetention } from '../inbox/retention-store.ts'
import type { Handler } from '../queue/pool.ts'
import { deleteOldBudgets, deleteOldJobLogs } from '../sending/retention-store.ts'
import type { Logger } from '../telemetry/log.ts'
import { checkGuardrails } from './guardrails/check.ts'

export interface MaintenanceRoom {
  db: Db
  log: Logger
  retention: InboundRetention
  guardrails: GuardRules
}

/** Messages of one transaction. */
const batchSize = 1000

/** Keeps the house: partitions of the coming months, rows that nobody reads any more, guardrails. */
export function systemMaintenance(room: MaintenanceRoom): Handler<'system-maintenance'> {
  return async ({ task }, { signal }) => {
    switch (task) {
      case 'partitions':
        return done((await ensureEventPartitions(room.db, new Date())).length)
      case 'guardrails':
        return done(await checkGuardrails(room, room.guardrails))
      case 'prune':
        return done(
          (await deleteOldBudgets(room.db)) +
            (await deleteOldJobLogs(room.db)) +
            (await pruneMessages(room, signal)),
        )
    }
  }
}

/** What is left when the process stops, or the job has run its time, is deleted the next night. */
async function pruneMessages({ db, retention }: MaintenanceRoom, signal: AbortSignal): Promise<number> {
  let deleted = 0
  while (!signal.aborted) {
    const batch = await db.transaction().execute((trx) => deleteOldMessages(trx, retention, batchSize))
    deleted += batch
    if (batch === 0) break
  }
  return deleted
}
