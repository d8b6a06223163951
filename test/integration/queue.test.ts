import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { continueAfter, done, type Outcome } from '../../src/core/outcome.ts'
import type { QueueClient } from '../../src/queue/boss.ts'
import type { QueueName } from '../../src/queue/catalogue.ts'
import { enqueueJobs } from '../../src/queue/enqueue.ts'
import { insertJobLogs } from '../../src/queue/job-logs.ts'
import { createJobSettler, type JobAttempt } from '../../src/queue/job-settler.ts'
import { type JobPool, type RunningJob, startPool } from '../../src/queue/pool.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type CommitFate, type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { type JobRow, listJobs, openTestQueue } from '../support/queue.ts'
import { schemaNames } from '../support/template.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let queue: Awaited<ReturnType<typeof openTestQueue>>
let client: QueueClient
let pools: JobPool[] = []
const fatal: unknown[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await openDatabaseProxy(database.url)
  queue = await openTestQueue(database)
  client = queue.client
})

afterAll(async () => {
  expect(fatal).toEqual([])
  await queue.close()
  await proxy.close()
  await database.close()
})

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.drain()))
  pools = []
  proxy.onCommit = () => 'pass'
})

const never: Outcome = { kind: 'reject', reason: 'never' }
const jobTable = sql.id(schemaNames.queueSchema, 'job')

function serve(
  handler: (payload: { mailboxId: string }, running: RunningJob) => Promise<Outcome>,
  slots = 5,
): JobPool {
  const pool = startPool(client, proxy.db, {
    queue: 'email-sending',
    label: 'email-sending',
    slots,
    pollIntervalMs: 10,
    handler,
    onReport: () => undefined,
    onError: () => undefined,
    onFatal: (error) => fatal.push(error),
  })
  pools.push(pool)
  return pool
}

async function enqueue(count: number): Promise<string[]> {
  const lanes = Array.from({ length: count }, () => newId())
  const jobs = lanes.map((mailboxId) => ({
    payload: { tenantId: newId(), mailboxId, lane: 'normal' as const },
    key: mailboxId,
  }))
  await database.db.transaction().execute((trx) => enqueueJobs(client, trx, 'email-sending', jobs))
  return lanes
}

async function jobsOf(...keys: string[]): Promise<JobRow[]> {
  return (await listJobs(database, 'email-sending')).filter(({ key }) => keys.includes(key ?? ''))
}

const logsOf = (...keys: string[]) =>
  database.db.selectFrom('job_logs').selectAll().where('job_key', 'in', keys).orderBy('created_at').execute()

/** The job in this worker's hands. */
async function fetchAttempt(name: QueueName = 'email-sending'): Promise<JobAttempt> {
  const [job] = await client.boss.fetch<object>(name, { batchSize: 1, includeMetadata: true })
  if (!job) throw new Error('no job to fetch')
  const { id, retryCount, priority, data, singletonKey, startedOn } = job
  return { id, retryCount, priority, data, key: singletonKey, startedAt: startedOn }
}

const logOf = (job: JobAttempt) => ({
  id: newId(),
  queueName: 'email-sending' as const,
  jobId: job.id,
  jobKey: job.key,
  status: 'done' as const,
  message: null,
  attemptNumber: 1,
  jobCount: 1,
  changed: 1,
  startedAt: new Date(),
  finishedAt: new Date(),
})

describe('a job whose handler throws', () => {
  test('waits for its retry with the reason, is logged, and never dies of it', async () => {
    const [key = ''] = await enqueue(1)
    serve(() => Promise.reject(new Error('the sealed password cannot be opened \0')))
    await eventually(async () => (await jobsOf(key))[0]?.state === 'retry')
    const [job] = await jobsOf(key)
    expect(job?.startAfter.getTime()).toBeGreaterThan(Date.now() + 2000)
    expect(job?.output).toMatchObject({ message: 'the sealed password cannot be opened ' })
    expect(await logsOf(key)).toMatchObject([
      { status: 'retried', log_message: 'the sealed password cannot be opened ' },
    ])
    const { rows } = await sql<{ left: number }>`
      select retry_limit - retry_count as left from ${jobTable} where id = ${job?.id}`.execute(database.db)
    expect(rows[0]?.left).toBeGreaterThan(900_000)
  })

  test('in one batch with others keeps none of them from being settled', async () => {
    const keys = await enqueue(3)
    const gate = Promise.withResolvers<void>()
    let running = 0
    serve(async ({ mailboxId }) => {
      running += 1
      await gate.promise
      if (mailboxId === keys[0]) throw new Error('no')
      return mailboxId === keys[1] ? never : done(1)
    })
    await eventually(() => running === 3)
    gate.resolve()
    await eventually(async () => {
      const states = new Map((await jobsOf(...keys)).map((job) => [job.key, job.state]))
      return keys.map((key) => states.get(key)).join() === 'retry,failed,completed'
    })
  })
})

describe('an attempt that was taken away', () => {
  test('is told so by the next heartbeat', async () => {
    const [key = ''] = await enqueue(1)
    const aborted = Promise.withResolvers<unknown>()
    let started = false
    serve(async (_payload, { signal }) => {
      started = true
      signal.addEventListener('abort', () => aborted.resolve(signal.reason))
      await aborted.promise
      return done()
    })
    await eventually(() => started)
    await sql`update ${jobTable} set retry_count = retry_count + 1 where singleton_key = ${key}`.execute(
      database.db,
    )
    expect(await aborted.promise).toMatchObject({ message: expect.stringContaining('another worker') })
  })

  test('settled in one batch with the attempt that has the job now leaves no successor of its own', async () => {
    const { db } = database
    const name = 'bounce-processing'
    // Not exclusive: nothing but the fence keeps a second successor out.
    await client.boss.insert(name, [{ data: { of: 'a report' } }])
    const first = await fetchAttempt(name)
    await sql`update ${jobTable} set retry_count = retry_count + 1 where id = ${first.id}`.execute(db)
    const settler = createJobSettler(client, db, name)
    const attempts = [first, { ...first, retryCount: first.retryCount + 1 }]
    const outcome = continueAfter(60_000, 1)
    await Promise.all(attempts.map((job) => settler.add({ job, log: undefined, outcome })))
    const states = (await listJobs(database, name)).map(({ state }) => state)
    expect(states.toSorted()).toEqual(['completed', 'created'])
  })
})

describe('a settle', () => {
  test.each<[CommitFate, string]>([
    ['lose', 'was lost'],
    ['lose answer', 'was carried out, and its answer lost'],
  ])('whose COMMIT (%s) %s is repeated: one completed job, one successor, one log', async (fate) => {
    const [key = ''] = await enqueue(1)
    const job = await fetchAttempt()
    const fates: CommitFate[] = [fate]
    proxy.onCommit = () => fates.shift() ?? 'pass'
    const settler = createJobSettler(client, proxy.db, 'email-sending')
    await settler.add({ job, log: logOf(job), outcome: continueAfter(60_000, 1) })
    expect((await jobsOf(key)).map(({ state }) => state).toSorted()).toEqual(['completed', 'created'])
    expect(await logsOf(key)).toHaveLength(1)
  })

  test('that continues completes and inserts in one transaction: never both, never neither', async () => {
    const [key = ''] = await enqueue(1)
    const job = await fetchAttempt()
    const seen = new Set<string>()
    const watching = new AbortController()
    const watcher = (async () => {
      while (!watching.signal.aborted) {
        const live = (await jobsOf(key)).filter(({ state }) => ['created', 'retry', 'active'].includes(state))
        seen.add(live.map(({ state }) => state).join())
      }
    })()
    const settler = createJobSettler(client, database.db, 'email-sending')
    await settler.add({ job, log: undefined, outcome: continueAfter(60_000, 1) })
    watching.abort()
    await watcher
    expect([...seen].every((states) => states === 'active' || states === 'created')).toBe(true)
  })
})

describe('job logs', () => {
  test('are a row for each job that changed something or ended badly, and one for all that did neither', async () => {
    const { db } = database
    await db.deleteFrom('job_logs').execute()
    const keys = await enqueue(6)
    let ended = 0
    const pool = serve(async ({ mailboxId }) => {
      ended += 1
      if (mailboxId === keys[0]) return done(3)
      if (mailboxId === keys[1]) return never
      return done(0)
    })
    await eventually(() => ended === 6)
    await pool.drain()
    const logs = await db.selectFrom('job_logs').selectAll().execute()
    const byStatus = Object.fromEntries(logs.map((log) => [log.status, log]))
    expect(logs).toHaveLength(3)
    expect(byStatus.done).toMatchObject({ job_key: keys[0], changed: 3, job_count: 1 })
    expect(byStatus.rejected).toMatchObject({ job_key: keys[1], log_message: 'never' })
    expect(byStatus.aggregated).toMatchObject({ job_key: null, job_count: 4, changed: 0 })
  })

  test('written again are there once', async () => {
    const log = logOf({
      id: newId(),
      key: 'twice',
      retryCount: 0,
      priority: 0,
      data: {},
      startedAt: new Date(),
    })
    for (let n = 0; n < 2; n += 1) {
      await database.db.transaction().execute((trx) => insertJobLogs(trx, [log]))
    }
    expect(await logsOf('twice')).toHaveLength(1)
  })
})

test('a pool made smaller finishes what runs and takes no more until there is room', async () => {
  const keys = await enqueue(6)
  const gates = new Map<string, () => void>()
  const pool = serve(
    ({ mailboxId }) => new Promise((resolve) => gates.set(mailboxId, () => resolve(done(1)))),
    4,
  )
  await eventually(() => gates.size === 4)
  pool.resize(1)
  const started = [...gates.keys()]
  for (const key of started.slice(0, 3)) gates.get(key)?.()
  await eventually(async () => {
    const completed = (await jobsOf(...keys)).filter(({ state }) => state === 'completed')
    return completed.length === 3 && pool.active === 1
  })
  expect(gates.size).toBe(4)
  gates.get(started[3] ?? '')?.()
  await eventually(() => gates.size === 5)
  expect(pool.active).toBe(1)
  // Which of the two that are left comes first is not ours to say.
  await eventually(async () => {
    for (const open of gates.values()) open()
    return (await jobsOf(...keys)).every(({ state }) => state === 'completed')
  })
})
