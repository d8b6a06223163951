import { sql } from 'kysely'
import { closeQueue, openQueue, type QueueClient } from '../../src/queue/boss.ts'
import type { QueueName } from '../../src/queue/catalogue.ts'
import type { TestDatabase } from './database.ts'
import { schemaNames } from './template.ts'

/** A client of the test database's queues that looks after nothing by itself. */
export async function openTestQueue({
  pool,
}: Pick<TestDatabase, 'pool'>): Promise<{ client: QueueClient; close(): Promise<void> }> {
  const client = await openQueue(pool, {
    schema: schemaNames.queueSchema,
    supervise: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    onError: () => {},
  })
  return { client, close: () => closeQueue(client) }
}

export interface JobRow {
  id: string
  state: string
  key: string | null
  retryCount: number
  data: object
  output: object | null
  startAfter: Date
}

/** The jobs of a queue, or of a dead-letter queue, oldest first. */
export async function listJobs(
  { db }: Pick<TestDatabase, 'db'>,
  name: QueueName | string,
): Promise<JobRow[]> {
  const { rows } = await sql<JobRow>`
    select id, state::text, singleton_key as key, retry_count as "retryCount", data, output,
           start_after as "startAfter"
      from ${sql.id(schemaNames.queueSchema, 'job')} where name = ${name} order by created_on, id`.execute(db)
  return rows
}
