import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { emailSending } from '../../src/jobs/email-sending.ts'
import { startSchedulerLoops } from '../../src/jobs/scheduler/loops.ts'
import { openSendingRoom, type SendingOptions } from '../../src/jobs/sending/room.ts'
import { closeQueue, openQueue } from '../../src/queue/boss.ts'
import { startPool } from '../../src/queue/pool.ts'
import { createSealer } from '../../src/secrets/sealer.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import type { TestDatabase } from './database.ts'
import { testWarmupKey } from './inbox.ts'
import { schemaNames } from './template.ts'

/** The configuration's defaults, at a pace for tests. */
const testSending: Omit<SendingOptions, 'spoolDirectory'> = {
  slots: 40,
  shareOfSlots: 1,
  quantumEmails: 50,
  quantumSeconds: 20,
  leaseSeconds: 30,
  leaseMarginSeconds: 2,
  maxTransports: 100,
  idleCloseSeconds: 5,
  connectTimeoutSeconds: 15,
  replyTimeoutSeconds: 15,
  coalesceMs: 5,
  retryBaseSeconds: 1,
  retryGiveUpHours: 96,
}

/** A scheduler and a sending process inside the test's own process, on the test's database. */
export async function startFleet(
  database: Pick<TestDatabase, 'db' | 'pool'>,
  overrides: Partial<SendingOptions> = {},
  { quiet = false } = {},
) {
  const { db, pool } = database
  const spoolDirectory = await mkdtemp(path.join(os.tmpdir(), 'rookery-spool-'))
  const log = createLogger({
    level: quiet ? 'fatal' : 'error',
    format: 'json',
    name: 'test',
    output: { fd: 2 },
  })
  const metrics = createMetrics({ process: 'test', version: '0' })
  const sealer = createSealer(createSecretKey(randomBytes(32)))
  const queue = await openQueue(pool, {
    schema: schemaNames.queueSchema,
    supervise: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    onError: (err) => log.error({ err }, 'queue.failed'),
  })
  const options = { ...testSending, spoolDirectory, ...overrides }
  const room = await openSendingRoom({ db, log, metrics, sealer }, options)
  const loops = startSchedulerLoops(
    { db, queue, log, metrics, warmupKey: testWarmupKey },
    {
      drainerMs: 20,
      plannerMs: 20,
      syncMs: 20,
      sweepSeconds: 1,
      leaseSweepSeconds: 1,
      // The planner of warmup looks once, as it begins: later the test says when.
      warmupMs: 2 ** 31 - 1,
      warmupRestDays: 7,
      looksSeconds: [1, 2],
    },
  )
  const reports: { status: string; message: string | null }[] = []
  const sending = startPool(queue, db, {
    queue: 'email-sending',
    label: 'email-sending',
    slots: options.slots,
    pollIntervalMs: 20,
    handler: emailSending(room),
    onReport: (report) => reports.push(report),
    onError: (err) => log.error({ err }, 'pool.failed'),
    onFatal: (err) => log.error({ err }, 'pool.fatal'),
  })
  return {
    room,
    queue,
    sealer,
    /** How each job ended. */
    reports,
    async stop(): Promise<void> {
      await loops.stop()
      await sending.drain()
      await room.close(5000)
      await closeQueue(queue)
      await rm(spoolDirectory, { recursive: true, force: true })
    },
  }
}
