import { setTimeout as sleep } from 'node:timers/promises'
import { findLastAudit } from '../analytics/last-audit-store.ts'
import { analyticsBilling } from '../jobs/analytics-billing.ts'
import { analyticsCampaign } from '../jobs/analytics-campaign.ts'
import { analyticsDaily } from '../jobs/analytics-daily.ts'
import { bounceProcessing } from '../jobs/bounce-processing.ts'
import { emailProcessing } from '../jobs/email-processing.ts'
import { emailSending } from '../jobs/email-sending.ts'
import { createInboxRoom } from '../jobs/inbox/room.ts'
import { readFleetState } from '../jobs/scheduler/fleet-state.ts'
import { startSchedulerLoops } from '../jobs/scheduler/loops.ts'
import { openSendingRoom } from '../jobs/sending/room.ts'
import { systemMaintenance } from '../jobs/system-maintenance.ts'
import { createWarmupRoom } from '../jobs/warmup/room.ts'
import { warmupProcessing } from '../jobs/warmup-processing.ts'
import { closeQueue, openQueue, type QueueClient } from '../queue/boss.ts'
import type { QueueName } from '../queue/catalogue.ts'
import { scheduleRecurring } from '../queue/cron.ts'
import type { JobReport } from '../queue/job-reports.ts'
import { type Handler, type JobPool, startPool } from '../queue/pool.ts'
import { addAuditGauges } from '../telemetry/audit-gauges.ts'
import { addFleetGauges } from '../telemetry/fleet-gauges.ts'
import type { Context } from './context.ts'

/** A queue, or one priority range of it, that a process serves. */
interface Served {
  queue: QueueName
  /** In metrics and logs; the documents' names for priority ranges. */
  label: string
  minPriority?: number
  maxPriority?: number
  /** Of the process's slots for this queue. */
  shareOfSlots: number
}

/** Which process serves which queue. Together they serve every queue and every priority exactly once. */
export const pools = {
  scheduler: [{ queue: 'system-maintenance', label: 'system-maintenance', shareOfSlots: 1 }],
  sending: [
    // A backlog of ordinary campaigns never holds all slots: each range has its own.
    { queue: 'email-sending', label: 'email-sending:high', minPriority: 1, shareOfSlots: 0.25 },
    { queue: 'email-sending', label: 'email-sending', minPriority: 0, maxPriority: 0, shareOfSlots: 0.5 },
    { queue: 'email-sending', label: 'email-sending:low', maxPriority: -1, shareOfSlots: 0.25 },
  ],
  inbox: [{ queue: 'email-processing', label: 'email-processing', shareOfSlots: 1 }],
  bounce: [{ queue: 'bounce-processing', label: 'bounce-processing', shareOfSlots: 1 }],
  warmup: [{ queue: 'warmup-processing', label: 'warmup-processing', shareOfSlots: 1 }],
  analytics: [
    { queue: 'analytics-daily', label: 'analytics-daily', shareOfSlots: 1 },
    { queue: 'analytics-campaign', label: 'analytics-campaign', shareOfSlots: 1 },
    { queue: 'analytics-billing', label: 'analytics-billing', shareOfSlots: 1 },
  ],
} as const satisfies Record<string, readonly Served[]>

export type ProcessName = keyof typeof pools

export interface Pools {
  stop(): Promise<void>
  ready(): boolean
}

/** Starts what a process does. Stopping drains it: no further work is taken, what runs reaches a safe point. */
export async function startPools(name: ProcessName, context: Context): Promise<Pools> {
  const queue = await openQueue(context.pool, {
    schema: context.config.database.queueSchema,
    supervise: name === 'scheduler',
    superviseIntervalSeconds: context.config.queue.superviseSeconds,
    monitorIntervalSeconds: context.config.queue.monitorSeconds,
    onError: (err) => context.outage.covers(err) || context.log.warn({ err }, 'queue.failed'),
  })
  addAuditGauges(context.metrics, { readState: () => findLastAudit(context.db) })
  const parts = await starters[name](context, queue)
  let running = true
  return {
    ready: () => running,
    async stop() {
      running = false
      await parts.stop()
      await closeQueue(queue)
    },
  }
}

const starters: Record<ProcessName, (context: Context, queue: QueueClient) => Promise<Parts> | Parts> = {
  scheduler: startScheduler,
  sending: startSending,
  inbox: startInbox,
  bounce: startBounce,
  warmup: startWarmup,
  analytics: startAnalytics,
}

interface Parts {
  stop(): Promise<void>
}

async function startScheduler(context: Context, queue: QueueClient) {
  const { db, log, metrics, outage, config } = context
  await scheduleRecurring(queue)
  addFleetGauges(metrics, { readState: () => readFleetState(db) })
  const { looksSeconds } = config.reconcile
  const loops = startSchedulerLoops(
    { db, queue, log, metrics, outage, warmupKey: context.warmupKey },
    { ...config.scheduler, looksSeconds },
  )
  const served = startServed(
    context,
    queue,
    'scheduler',
    systemMaintenance({ db, log, retention: config.retention, guardrails: config.guardrails }),
    2,
  )
  return {
    async stop() {
      await loops.stop()
      await drainAll(served)
    },
  }
}

async function startSending(context: Context, queue: QueueClient) {
  const { config, spoolDirectory } = context
  const room = await openSendingRoom(context, { ...config.sending, spoolDirectory })
  const served = startServed(context, queue, 'sending', emailSending(room), config.sending.slots)
  return {
    async stop() {
      // Without a database sessions wait for their settlements: in time these are spooled instead.
      await Promise.race([
        drainAll(served),
        sleep(drainDeadlineMs(config.shutdownSeconds), undefined, { ref: false }),
      ])
      await room.close(lastSettlementsMs)
    },
  }
}

function startInbox(context: Context, queue: QueueClient): Parts {
  const { inbox, reconcile } = context.config
  const room = createInboxRoom({ ...context, queue }, { ...inbox, ...reconcile })
  const served = startServed(context, queue, 'inbox', emailProcessing(room), inbox.slots)
  return { stop: () => drainAll(served) }
}

function startBounce(context: Context, queue: QueueClient): Parts {
  const { db, log, config } = context
  const handler = bounceProcessing({ db, log, coalesceMs: config.bounce.coalesceMs })
  const served = startServed(context, queue, 'bounce', handler, config.bounce.slots)
  return { stop: () => drainAll(served) }
}

function startWarmup(context: Context, queue: QueueClient): Parts {
  const { warmup } = context.config
  const room = createWarmupRoom(context, warmup)
  const served = startServed(context, queue, 'warmup', warmupProcessing(room), warmup.slots)
  return { stop: () => drainAll(served) }
}

function startAnalytics(context: Context, queue: QueueClient): Parts {
  const served = [
    ...startServed(context, queue, 'analytics', analyticsDaily(context), 1, 'analytics-daily'),
    ...startServed(context, queue, 'analytics', analyticsCampaign(context), 1, 'analytics-campaign'),
    ...startServed(context, queue, 'analytics', analyticsBilling(context), 1, 'analytics-billing'),
  ]
  return { stop: () => drainAll(served) }
}

// Of the time to stop, the last part is kept for what the database has not taken, and for closing connections.
const drainDeadlineMs = (shutdownSeconds: number): number => Math.max(1000, shutdownSeconds * 1000 - 5000)
const lastSettlementsMs = 1000

async function drainAll(served: readonly JobPool[]): Promise<void> {
  await Promise.all(served.map((pool) => pool.drain()))
}

function startServed<Name extends QueueName>(
  context: Context,
  queue: QueueClient,
  process: ProcessName,
  handler: Handler<Name>,
  slots: number,
  /** Where a process serves several queues, the one that the handler is for. */
  only?: Name,
): JobPool[] {
  const served: readonly Served[] = pools[process].filter(({ queue: name }) => !only || name === only)
  return served.map(({ shareOfSlots, ...range }) =>
    startPool(queue, context.db, {
      ...range,
      slots: Math.max(1, Math.round(slots * shareOfSlots)),
      pollIntervalMs: context.config.queue.pollIntervalMs,
      handler: handler as unknown as Handler<QueueName>,
      onReport: (report) => note(context, report),
      onActivity: (busy, all) => noteSlots(context, range.label, busy, all),
      onError: (err) =>
        context.outage.covers(err) || context.log.warn({ err, pool: range.label }, 'pool.failed'),
      onAnswered: () => context.outage.answered(),
      onFatal: (err) => dieUnsettled(context, err),
    }),
  )
}

function note({ log, metrics }: Context, report: JobReport): void {
  metrics.jobs.inc({ queue: report.queue, outcome: report.status })
  metrics.jobSeconds.observe({ queue: report.queue }, report.seconds)
  const level = report.status === 'retried' || report.status === 'rejected' ? 'warn' : 'debug'
  log[report.changed > 0 && level === 'debug' ? 'info' : level](report, `job.${report.status}`)
}

function noteSlots({ metrics }: Context, queue: string, busy: number, all: number): void {
  metrics.slots.set({ queue, state: 'busy' }, busy)
  metrics.slots.set({ queue, state: 'free' }, all - busy)
}

// A process that cannot settle its jobs knows nothing any more: its supervisor starts another.
function dieUnsettled({ log }: Context, err: unknown): void {
  log.fatal({ err }, 'job.unsettled')
  process.exit(1)
}
