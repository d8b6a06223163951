import path from 'node:path'
import type { Pool } from 'pg'
import { systemClock } from '../core/clock.ts'
import type { Db } from '../db/connect.ts'
import { type Outage, watchOutage } from '../db/outage.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { createSealer, type Sealer } from '../secrets/sealer.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { warmupKey } from '../warmup/token.ts'
import type { Config } from './config.ts'
import { assertMigrated, openDatabase } from './database.ts'

/** What a process of the fleet is made from. */
export interface Context {
  config: Config
  db: Db
  pool: Pool
  /** Says once, for all of the process, that the database is away. */
  outage: Outage
  sealer: Sealer
  /** Signs the tokens of warmup. */
  warmupKey: Buffer
  log: Logger
  metrics: Metrics
  /** Aborts when the process is to stop. */
  signal: AbortSignal
  /** Where outcomes wait that the database could not take. */
  spoolDirectory: string
  close(): Promise<void>
}

/** Throws `database_unreachable`, or `unsupported` when the schema has not been migrated. */
export async function createContext(
  config: Config,
  edges: { log: Logger; metrics: Metrics; signal: AbortSignal },
): Promise<Context> {
  const { log } = edges
  const outage = watchOutage({
    monotonicMs: () => systemClock.monotonicMs(),
    onAway: (err) => log.warn({ err }, 'database.away'),
    onBack: (seconds) => log.warn({ seconds }, 'database.back'),
  })
  const database = await openDatabase(config, {
    applicationName: 'rookery',
    onIdleError: (err) => outage.covers(err) || log.warn({ err }, 'database.connection_lost'),
  })
  await assertMigrated(database.db, config.database.schema)
  const masterKey = await loadMasterKey(config.secrets)
  return {
    ...edges,
    config,
    db: database.db,
    pool: database.pool,
    outage,
    sealer: createSealer(masterKey),
    warmupKey: warmupKey(masterKey),
    spoolDirectory: path.join(config.home, 'spool'),
    close: () => database.close(),
  }
}
