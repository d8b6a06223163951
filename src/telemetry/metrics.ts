import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { analyticsMetrics } from './analytics-metrics.ts'
import { warmupMetrics } from './warmup-metrics.ts'

export interface MetricsOptions {
  /** The process, as in the `process` label of `rookery_build_info`. */
  process: string
  version: string
}

/** The metrics of one process. Label values come from closed sets: never a tenant, a mailbox, a host or an address. */
export interface Metrics
  extends SendingMetrics,
    InboxMetrics,
    WarmupMetrics,
    AnalyticsMetrics,
    QueueMetrics,
    SchedulerMetrics {
  /** For what a process adds of its own. */
  registry: Registry
  databaseErrors: Counter
  /** The text that Prometheus reads. */
  render(): Promise<{ contentType: string; text: string }>
  /** Stops the observers of the process defaults. */
  close(): void
}

type SendingMetrics = ReturnType<typeof sendingMetrics>
type InboxMetrics = ReturnType<typeof inboxMetrics>
type WarmupMetrics = ReturnType<typeof warmupMetrics>
type AnalyticsMetrics = ReturnType<typeof analyticsMetrics>
type QueueMetrics = ReturnType<typeof queueMetrics>
type SchedulerMetrics = ReturnType<typeof schedulerMetrics>

/** One registry a process, so that two in one test never meet. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaults(registry)
  recordBuild(registry, options)
  return {
    ...sendingMetrics(registry),
    ...inboxMetrics(registry),
    ...warmupMetrics(registry),
    ...analyticsMetrics(registry),
    ...queueMetrics(registry),
    ...schedulerMetrics(registry),
    registry,
    databaseErrors: new Counter({
      name: 'rookery_database_errors_total',
      help: 'Statements and connections that the database failed.',
      registers: [registry],
    }),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    close: () => registry.clear(),
  }
}

/** From a statement on localhost to a server that takes its ten minutes after the dot. */
const waitingSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600]
const statementSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const batchSizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

function sendingMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** `outcome`: sent, failed, unknown, deferred, released (proven not sent, handed back) or skipped. */
    emailsSettled: new Counter({
      name: 'rookery_emails_settled_total',
      help: 'Attempts whose outcome was written to the ledger.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    emailsClaimed: new Counter({
      name: 'rookery_emails_claimed_total',
      help: 'Emails taken for submission.',
      registers,
    }),
    submissionsInFlight: new Gauge({
      name: 'rookery_submissions_in_flight',
      help: 'Emails handed to an SMTP server whose outcome is not known yet.',
      registers,
    }),
    submitSeconds: histogram(registry, 'rookery_submit_seconds', 'One SMTP submission.', waitingSeconds),
    claimToSettledSeconds: histogram(
      registry,
      'rookery_claim_to_settled_seconds',
      'From the claim of an email to its outcome in the ledger.',
      waitingSeconds,
    ),
    claimSeconds: histogram(registry, 'rookery_claim_seconds', 'One claim statement.', statementSeconds),
    claimBatchSize: histogram(registry, 'rookery_claim_batch_size', 'Emails taken by one claim.', batchSizes),
    settleSeconds: histogram(registry, 'rookery_settle_seconds', 'One settle statement.', statementSeconds),
    settleBatchSize: histogram(
      registry,
      'rookery_settle_batch_size',
      'Outcomes written by one settle.',
      batchSizes,
    ),
  }
}

function inboxMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** `type`: as in email_messages, or known (dealt with before). */
    inboxMessages: new Counter({
      name: 'rookery_inbox_messages_total',
      help: 'Received messages dealt with.',
      labelNames: ['type'] as const,
      registers,
    }),
    /** `outcome`: done, continued (more to read), or the kind of IMAP failure. */
    inboxSyncs: new Counter({
      name: 'rookery_inbox_syncs_total',
      help: 'Sessions with the servers of mailboxes.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    /** `outcome`: found, absent, failed. */
    looks: new Counter({
      name: 'rookery_looks_total',
      help: 'Looks for emails of unknown outcome in their mailboxes.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    inboxSyncSeconds: histogram(
      registry,
      'rookery_inbox_sync_seconds',
      'One session that succeeded, from the wait for a connection to its end.',
      waitingSeconds,
    ),
  }
}

function queueMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** `outcome`: done, continued, retried or rejected. */
    jobs: new Counter({
      name: 'rookery_jobs_total',
      help: 'Jobs settled by this process.',
      labelNames: ['queue', 'outcome'] as const,
      registers,
    }),
    jobSeconds: new Histogram({
      name: 'rookery_job_seconds',
      help: 'One run of a job.',
      labelNames: ['queue'] as const,
      buckets: waitingSeconds,
      registers,
    }),
    /** `state`: busy or free. */
    slots: new Gauge({
      name: 'rookery_slots',
      help: 'Slots of the pools of this process.',
      labelNames: ['queue', 'state'] as const,
      registers,
    }),
  }
}

function schedulerMetrics(registry: Registry) {
  const registers = [registry]
  return {
    laneWakesDrained: new Counter({
      name: 'rookery_lane_wakes_drained_total',
      help: 'Wakes of lanes turned into jobs.',
      registers,
    }),
    planned: new Counter({
      name: 'rookery_planned_total',
      help: 'Emails written into the ledger by the planner.',
      registers,
    }),
    /** `task`: a loop of the scheduler; the value is a Unix time. */
    schedulerLastTick: new Gauge({
      name: 'rookery_scheduler_last_tick_seconds',
      help: 'When this process last finished a task of the scheduler, in Unix time.',
      labelNames: ['task'] as const,
      registers,
    }),
    /** `kind`: what was missing and was put back. */
    sweepRepairs: new Counter({
      name: 'rookery_sweep_repairs_total',
      help: 'What the sweep had to put back.',
      labelNames: ['kind'] as const,
      registers,
    }),
  }
}

function histogram(registry: Registry, name: string, help: string, buckets: number[]): Histogram {
  return new Histogram({ name, help, buckets, registers: [registry] })
}

// Gauges named like counters, each the sum of another one: promtool objects to them.
const misnamed = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

function collectDefaults(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
}

function recordBuild(registry: Registry, { process: name, version }: MetricsOptions): void {
  const build = new Gauge({
    name: 'rookery_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node', 'process'] as const,
    registers: [registry],
  })
  build.set({ version, node: process.version, process: name }, 1)
}
