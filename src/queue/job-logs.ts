import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { QueueName } from './catalogue.ts'

/** One row of `job_logs`: a job that changed something or ended badly, or a minute of those that did neither. */
export interface JobLog {
  id: string
  queueName: QueueName
  jobId: string | null
  jobKey: string | null
  status: 'done' | 'continued' | 'retried' | 'rejected' | 'aggregated'
  message: string | null
  attemptNumber: number
  jobCount: number
  changed: number
  startedAt: Date
  finishedAt: Date
}

/** Written again after an answer that was lost, they are there once. */
export async function insertJobLogs(trx: Trx, logs: readonly JobLog[]): Promise<void> {
  if (logs.length === 0) return
  await sql`
    insert into job_logs (id, queue_name, job_id, job_key, status, log_message, attempt_number, job_count, changed,
                          started_at, finished_at)
    select * from json_to_recordset(${toJson(logs)}) as log (
      "id" uuid, "queueName" text, "jobId" uuid, "jobKey" text, "status" text, "message" text,
      "attemptNumber" int, "jobCount" int, "changed" int, "startedAt" timestamptz, "finishedAt" timestamptz)
    on conflict (id) do nothing`.execute(trx)
}
