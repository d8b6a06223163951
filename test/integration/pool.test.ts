import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { continueAfter, done, type Outcome } from '../../src/core/outcome.ts'
import type { QueueClient } from '../../src/queue/boss.ts'
import { enqueueJobs } from '../../src/queue/enqueue.ts'
import { type JobPool, type RunningJob, startPool } from '../../src/queue/pool.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { openTestQueue } from '../support/queue.ts'
import { schemaNames } from '../support/template.ts'

let database: TestDatabase
let client: QueueClient
let closeClient: () => Promise<void>

beforeAll(async () => {
  database = await createTestDatabase()
  const opened = await openTestQueue(database)
  client = opened.client
  closeClient = opened.close
})

afterAll(async () => {
  await closeClient()
  await database.close()
})

const job = sql.id(schemaNames.queueSchema, 'job')

function pool(
  slots: number,
  handler: (payload: { mailboxId: string }, running: RunningJob) => Promise<Outcome>,
): JobPool {
  return startPool(client, database.db, {
    queue: 'email-sending',
    label: 'email-sending',
    slots,
    pollIntervalMs: 10,
    handler,
    onReport: () => undefined,
    onError: (error) => expect.unreachable(String(error)),
    onFatal: (error) => expect.unreachable(String(error)),
  })
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

async function statesOf(key: string): Promise<string[]> {
  const { rows } = await sql<{ state: string }>`
    select state::text from ${job} where name = 'email-sending' and singleton_key = ${key} order by created_on, state
  `.execute(database.db)
  return rows.map((row) => row.state)
}

test('no more jobs are taken than there are slots, and a resized pool takes as many more', async () => {
  const lanes = await enqueue(5)
  const running = new Set<string>()
  const gate = Promise.withResolvers<void>()
  const served = pool(2, async ({ mailboxId }) => {
    running.add(mailboxId)
    await gate.promise
    return done()
  })
  await eventually(() => running.size === 2)
  expect((await Promise.all(lanes.map(statesOf))).flat().filter((state) => state === 'active')).toHaveLength(
    2,
  )
  served.resize(4)
  await eventually(() => running.size === 4)
  gate.resolve()
  await eventually(async () =>
    (await Promise.all(lanes.map(statesOf))).flat().every((state) => state === 'completed'),
  )
  await served.drain()
  expect(running.size).toBe(5)
})

test('continuing completes the job and puts exactly one successor at the tail', async () => {
  const [lane = ''] = await enqueue(1)
  let runs = 0
  const served = pool(1, async () => {
    runs += 1
    return runs === 1 ? continueAfter(0, 1) : done(1)
  })
  await eventually(() => runs === 2)
  await served.drain()
  expect(await statesOf(lane)).toEqual(['completed', 'completed'])
})

test('a payload that is not of the queue goes to the dead letters at once, with the reason', async () => {
  const id = newId()
  await client.boss.insert('email-sending', [{ id, data: { lane: 'sideways' }, singletonKey: id }])
  const served = pool(1, () => expect.unreachable('the handler saw a bad payload'))
  await eventually(async () => (await statesOf(id)).includes('failed'))
  await served.drain()
  const { rows } = await sql<{ output: { reason: string } }>`
    select source_output as output from ${job} where name = 'email-sending-dead-letter' and source_id = ${id}
  `.execute(database.db)
  expect(rows[0]?.output.reason).toMatch(/payload/)
})

test('an attempt that was taken away settles nothing and enqueues no successor', async () => {
  const [lane = ''] = await enqueue(1)
  const gate = Promise.withResolvers<void>()
  let started = false
  const served = pool(1, async () => {
    started = true
    await gate.promise
    return continueAfter(0, 1)
  })
  await eventually(() => started)
  await sql`update ${job} set retry_count = retry_count + 1 where singleton_key = ${lane}`.execute(
    database.db,
  )
  gate.resolve()
  await served.drain()
  expect(await statesOf(lane)).toEqual(['active'])
})

test('draining tells running handlers, and settles what they answer', async () => {
  const [lane = ''] = await enqueue(1)
  let started = false
  const served = pool(1, async (_payload, { signal }) => {
    started = true
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return done()
  })
  await eventually(() => started)
  await served.drain()
  expect(await statesOf(lane)).toEqual(['completed'])
})
