import { done } from '../core/outcome.ts'
import { ensureBillingPartitions } from '../db/billing-partitions.ts'
import type { Db } from '../db/connect.ts'
import { ensureEventPartitions } from '../db/partitions.ts'
import type { GuardRules } from '../guardrails/rules.ts'
import type { Handler } from '../queue/pool.ts'
import type { Logger } from '../telemetry/log.ts'
import { setOverdueEnded } from '../warmup/ending-store.ts'
import { checkGuardrails } from './guardrails/check.ts'
import { prune, type Retention } from './maintenance/prune.ts'
import { countWarmup } from './warmup/count.ts'

export interface MaintenanceRoom {
  db: Db
  log: Logger
  retention: Retention
  guardrails: GuardRules
}

/** Keeps the house: partitions of the coming months and years, rows that nobody reads any more, guardrails, the health of warmup. */
export function systemMaintenance(room: MaintenanceRoom): Handler<'system-maintenance'> {
  return async ({ task }, { signal }) => {
    switch (task) {
      case 'partitions':
        return done(await ensurePartitions(room.db, new Date()))
      case 'guardrails':
        return done(await checkGuardrails(room, room.guardrails))
      case 'warmup':
        return done((await setOverdueEnded(room.db)) + (await countWarmup(room)))
      case 'prune':
        return done(await pruneRows(room, signal))
    }
  }
}

async function ensurePartitions(db: Db, now: Date): Promise<number> {
  return (await ensureEventPartitions(db, now)).length + (await ensureBillingPartitions(db, now)).length
}

async function pruneRows(room: MaintenanceRoom, signal: AbortSignal): Promise<number> {
  return (await prune(room, signal)).reduce((sum, { rows }) => sum + rows, 0)
}
