import { newId } from '../core/ids.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import type { QueueName } from './catalogue.ts'
import { insertJobLogs, type JobLog } from './job-logs.ts'
import type { JobAttempt } from './job-settler.ts'

/** One settled job, for the log line and the metrics. */
export interface JobReport {
  queue: QueueName
  label: string
  jobId: string
  key: string | null
  attempt: number
  status: 'done' | 'continued' | 'retried' | 'rejected'
  changed: number
  message: string | null
  seconds: number
}

type Result = { outcome: Outcome } | { failure: { message: string } }

/** Describes settled jobs; those that changed nothing are counted and kept as one row a minute. */
export function createJobReports({ queue, label }: { queue: QueueName; label: string }) {
  let quiet: JobLog | undefined

  function describe(job: JobAttempt, result: Result): { log: JobLog | undefined; report: JobReport } {
    const finishedAt = new Date()
    const { status, changed, message } = summarise(result)
    const attempt = job.retryCount + 1
    const seconds = Math.max(0, (finishedAt.getTime() - job.startedAt.getTime()) / 1000)
    const report = { queue, label, jobId: job.id, key: job.key, attempt, status, changed, message, seconds }
    const worthKeeping = changed > 0 || status === 'retried' || status === 'rejected'
    return { report, log: worthKeeping ? toLog(job, report, finishedAt) : countQuiet(job, finishedAt) }
  }

  function toLog(job: JobAttempt, report: JobReport, finishedAt: Date): JobLog {
    return {
      id: newId(),
      queueName: queue,
      jobId: job.id,
      jobKey: job.key,
      status: report.status,
      message: report.message,
      attemptNumber: report.attempt,
      jobCount: 1,
      changed: report.changed,
      startedAt: job.startedAt,
      finishedAt,
    }
  }

  // Returns the finished minute, to be written with the batch that closes it.
  function countQuiet(job: JobAttempt, finishedAt: Date): JobLog | undefined {
    const closed = quiet && finishedAt.getTime() - quiet.startedAt.getTime() >= 60_000 ? quiet : undefined
    if (!quiet || closed) quiet = emptyMinute(job.startedAt, finishedAt)
    quiet.jobCount += 1
    quiet.finishedAt = finishedAt
    return closed
  }

  function emptyMinute(startedAt: Date, finishedAt: Date): JobLog {
    return {
      id: newId(),
      queueName: queue,
      jobId: null,
      jobKey: null,
      status: 'aggregated',
      message: null,
      attemptNumber: 1,
      jobCount: 0,
      changed: 0,
      startedAt,
      finishedAt,
    }
  }

  return {
    describe,
    async flush(db: Db): Promise<void> {
      const rest = quiet
      quiet = undefined
      if (rest) await db.transaction().execute((trx) => insertJobLogs(trx, [rest]))
    },
  }
}

function summarise(result: Result): Pick<JobReport, 'status' | 'changed' | 'message'> {
  if ('failure' in result) return { status: 'retried', changed: 0, message: result.failure.message }
  const { outcome } = result
  if (outcome.kind === 'reject') return { status: 'rejected', changed: 0, message: outcome.reason }
  return { status: outcome.kind === 'done' ? 'done' : 'continued', changed: outcome.changed, message: null }
}
