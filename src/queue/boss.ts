import type { Pool } from 'pg'
import { type Db as BossDatabase, fromKysely, PgBoss } from 'pg-boss'
import type { Trx } from '../db/connect.ts'

export interface QueueOptions {
  schema: string
  /** Watches for expired jobs and silent workers, deletes old jobs, fires cron. Only the scheduler does. */
  supervise: boolean
  /** How often the queues are looked after; each of them at most once in `monitorIntervalSeconds`. */
  superviseIntervalSeconds: number
  /** Grid on which expiry and heartbeats are enforced; pg-boss's own 60 s leaves a lane idle that long. */
  monitorIntervalSeconds: number
  onError: (error: Error) => void
}

export interface QueueClient {
  readonly boss: PgBoss
  readonly schema: string
}

/** pg-boss on our own connections: no second pool, no LISTEN, no timers outside the scheduler. */
export async function openQueue(pool: Pool, options: QueueOptions): Promise<QueueClient> {
  const boss = createBoss(pool, options)
  boss.on('error', options.onError)
  await boss.start()
  return { boss, schema: options.schema }
}

export async function closeQueue(queue: QueueClient): Promise<void> {
  await queue.boss.stop({ graceful: false, close: false })
}

/** Creates pg-boss's schema and brings it to this release's version. */
export async function installBoss(pool: Pool, schema: string): Promise<PgBoss> {
  const boss = new PgBoss({ db: poolDatabase(pool), schema, supervise: false, schedule: false })
  boss.on('error', () => undefined) // start() rejects with the same error
  return boss.start()
}

/** Lets one pg-boss call join the caller's transaction. */
export const inTransaction = (trx: Trx): { db: BossDatabase } => ({ db: fromKysely(trx) })

function createBoss(pool: Pool, options: QueueOptions): PgBoss {
  return new PgBoss({
    db: poolDatabase(pool),
    schema: options.schema,
    migrate: false,
    createSchema: false,
    supervise: options.supervise,
    schedule: options.supervise,
    superviseIntervalSeconds: options.superviseIntervalSeconds,
    monitorIntervalSeconds: options.monitorIntervalSeconds,
    cronMonitorIntervalSeconds: 30,
    cronWorkerIntervalSeconds: 5,
  })
}

const poolDatabase = (pool: Pool): BossDatabase => ({
  executeSql: (text, values) => pool.query(text, values),
})
