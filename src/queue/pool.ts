import pLimit, { type LimitFunction } from 'p-limit'
import type { Outcome } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import type { QueueClient } from './boss.ts'
import { type Payload, type QueueName, queues } from './catalogue.ts'
import { createHeartbeats } from './heartbeats.ts'
import { createJobReports, type JobReport } from './job-reports.ts'
import { createJobSettler, type JobAttempt } from './job-settler.ts'

export type Handler<Name extends QueueName> = (payload: Payload<Name>, job: RunningJob) => Promise<Outcome>

export interface RunningJob {
  id: string
  /** 1 for the first attempt. */
  attempt: number
  /** Aborts when the attempt expires, is taken away, or the process drains. */
  signal: AbortSignal
}

export interface PoolOptions<Name extends QueueName> {
  queue: Name
  /** Label in logs and metrics, e.g. `email-sending:high`. */
  label: string
  minPriority?: number
  maxPriority?: number
  slots: number
  pollIntervalMs: number
  handler: Handler<Name>
  /** One call for each settled job. */
  onReport: (report: JobReport) => void
  /** Whenever a slot is taken or comes free. */
  onActivity?: (busy: number, slots: number) => void
  /** A fetch or heartbeat that failed and will be tried again. */
  onError: (error: unknown) => void
  /** After each fetch that the database answered. */
  onAnswered?: () => void
  /** A settle that cannot succeed: the process must end. */
  onFatal: (error: unknown) => void
}

export interface JobPool {
  readonly label: string
  readonly active: number
  readonly slots: number
  resize(slots: number): void
  /** Phase one: no further fetch; signals running handlers to reach a safe point; resolves when all are settled. */
  drain(): Promise<void>
}

interface FetchedJob {
  id: string
  retryCount: number
  data: object
  priority: number
  singletonKey: string | null
  startedOn: Date
}

/**
 * Runs one queue (or one priority range of it): fetches only as many jobs as there are free slots,
 * runs each handler on its own, settles in batches. Polls; needs no LISTEN.
 */
export function startPool<Name extends QueueName>(
  client: QueueClient,
  db: Db,
  options: PoolOptions<Name>,
): JobPool {
  const limit: LimitFunction = pLimit(options.slots)
  const settler = createJobSettler(client, db, options.queue)
  const reports = createJobReports(options)
  const heartbeats = createHeartbeats(client, db, options.queue, options.onError)
  const draining = new AbortController()
  const running = new Set<Promise<void>>()
  let wakeFetcher: (reason: 'slot free' | 'changed') => void = () => undefined
  let fetchAgain = false

  const noteActivity = () => options.onActivity?.(running.size, limit.concurrency)
  const freeSlots = () => limit.concurrency - running.size

  async function fetchLoop(): Promise<void> {
    while (!draining.signal.aborted) {
      const wanted = Math.max(0, freeSlots())
      const fetched = wanted > 0 ? await fetchJobs(wanted) : []
      for (const job of fetched) start(job)
      if (fetched.length < wanted || wanted === 0) await pause(wanted === 0)
    }
  }

  function start(job: FetchedJob): void {
    const work = limit(() => run(job))
    running.add(work)
    noteActivity()
    void work.finally(() => {
      running.delete(work)
      noteActivity()
      wakeFetcher('slot free')
    })
  }

  async function fetchJobs(batchSize: number): Promise<FetchedJob[]> {
    const { minPriority, maxPriority } = options
    try {
      const jobs = await client.boss.fetch<object>(options.queue, {
        batchSize,
        includeMetadata: true,
        ...(minPriority === undefined ? {} : { minPriority }),
        ...(maxPriority === undefined ? {} : { maxPriority }),
      })
      options.onAnswered?.()
      return jobs
    } catch (error) {
      options.onError(error)
      return []
    }
  }

  // With every slot taken the next fetch waits for one to come free; otherwise for the poll, unless a
  // handler has just put its job back at the tail.
  function pause(untilSlotFree: boolean): Promise<void> {
    if (fetchAgain) {
      fetchAgain = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, options.pollIntervalMs)
      wakeFetcher = (reason) => {
        if (reason === 'slot free' && !untilSlotFree) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function run(fetched: FetchedJob): Promise<void> {
    const job: JobAttempt = { ...fetched, key: fetched.singletonKey, startedAt: fetched.startedOn }
    const watch = heartbeats.watch(job, draining.signal)
    const result = await handle(job, watch.signal)
    watch.end()
    const { log, report } = reports.describe(job, result)
    try {
      await settler.add({ job, log, ...result })
      if (report.status === 'continued') {
        fetchAgain = true
        wakeFetcher('changed')
      }
      options.onReport(report)
    } catch (error) {
      options.onFatal(error)
    }
  }

  async function handle(
    job: JobAttempt,
    signal: AbortSignal,
  ): Promise<{ outcome: Outcome } | { failure: { message: string } }> {
    const payload = queues[options.queue].payload.safeParse(job.data)
    if (!payload.success) return { outcome: { kind: 'reject', reason: `payload: ${payload.error.message}` } }
    try {
      const running = { id: job.id, attempt: job.retryCount + 1, signal }
      return { outcome: await options.handler(payload.data as Payload<Name>, running) }
    } catch (error) {
      return { failure: { message: error instanceof Error ? error.message : String(error) } }
    }
  }

  const loop = fetchLoop()
  return {
    label: options.label,
    get active() {
      return running.size
    },
    get slots() {
      return limit.concurrency
    },
    resize(slots) {
      limit.concurrency = slots
      wakeFetcher('changed')
    },
    async drain() {
      draining.abort()
      wakeFetcher('changed')
      await loop
      await Promise.all(running)
      heartbeats.stop()
      await reports.flush(db).catch(options.onError)
    },
  }
}
