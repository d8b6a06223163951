import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Trx } from '../../src/db/connect.ts'
import { drainWakes } from '../../src/jobs/scheduler/drain-wakes.ts'
import { startSchedulerLoops } from '../../src/jobs/scheduler/loops.ts'
import { sweepLanes } from '../../src/jobs/scheduler/sweep.ts'
import type { QueueClient } from '../../src/queue/boss.ts'
import { laneKey } from '../../src/queue/catalogue.ts'
import { enqueueJobs } from '../../src/queue/enqueue.ts'
import { jobTable, pullForward } from '../../src/queue/live-jobs.ts'
import type { LaneRef } from '../../src/sending/lane-state.ts'
import { insertWakes, listNextDue } from '../../src/sending/lane-store.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { laneOf, listWakes } from '../support/lanes.ts'
import { type JobRow, listJobs, openTestQueue } from '../support/queue.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let queue: Awaited<ReturnType<typeof openTestQueue>>
let client: QueueClient
let tenant: Tenant
let mailbox: Mailbox
let lane: LaneRef

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 40 })
  queue = await openTestQueue(database)
  client = queue.client
  tenant = await insertTenant(database.db)
})

afterAll(async () => {
  await queue.close()
  await database.close()
})

beforeEach(async () => {
  await database.db.deleteFrom('lane_wakes').execute()
  mailbox = await insertMailbox(database.db, tenant.id)
  lane = laneOf(mailbox)
})

const keyOf = ({ mailboxId, lane: name }: LaneRef): string => laneKey(mailboxId, name)
const drain = () => drainWakes(database.db, client)
const wake = (...lanes: LaneRef[]) =>
  insertWakes(
    database.db,
    lanes.map((one) => ({ ...one, inMs: 0 })),
  )

const jobsOf = async (...lanes: LaneRef[]): Promise<JobRow[]> => {
  const keys = lanes.map(keyOf)
  return (await listJobs(database, 'email-sending')).filter(({ key }) => keys.includes(key ?? ''))
}

const live = (jobs: readonly JobRow[]): JobRow[] =>
  jobs.filter(({ state }) => ['created', 'retry', 'active'].includes(state))

const enqueue = (of: LaneRef, startAfter?: Date) =>
  database.db
    .transaction()
    .execute((trx) =>
      enqueueJobs(client, trx, 'email-sending', [
        { payload: of, key: keyOf(of), ...(startAfter ? { startAfter } : {}) },
      ]),
    )

/** Takes the lane's job into a worker's hands. */
async function fetchJob(of: LaneRef): Promise<{ id: string }> {
  for (;;) {
    const [job] = await client.boss.fetch<LaneRef>('email-sending', { batchSize: 1 })
    if (!job) throw new Error('no job to fetch')
    if (job.data.mailboxId === of.mailboxId) return job
  }
}

describe('a wake', () => {
  test('that is due becomes a job, and one of later waits for its time', async () => {
    const other = laneOf(mailbox, 'low')
    await wake(lane)
    await insertWakes(database.db, [{ ...other, inMs: 60_000 }])
    expect(await drain()).toEqual({ lanes: 1, more: false })
    expect(await jobsOf(lane, other)).toMatchObject([{ key: keyOf(lane), state: 'created' }])
    expect(await listWakes(database.db, mailbox)).toMatchObject([{ lane: 'low' }])
  })

  test('committed while a session makes its last check leaves no due email without a wake or a job', async () => {
    const { db } = database
    const hasFuture = async () =>
      live(await jobsOf(lane)).length > 0 || (await listWakes(db, mailbox)).length > 0
    await enqueue(lane)
    const session = await fetchJob(lane)
    const producer = await openTransaction(db)
    await insertEmail(producer.trx, mailbox)
    await insertWakes(producer.trx, [{ ...lane, inMs: 0 }])

    expect(await listNextDue(db, [lane])).toEqual([undefined])
    expect((await drain()).lanes).toBe(0)
    await producer.commit()
    expect((await drain()).lanes).toBe(0)
    expect(await hasFuture()).toBe(true)
    await client.boss.complete('email-sending', session.id)
    expect(await hasFuture()).toBe(true)
    await eventually(async () => (await drain()).lanes === 1)
    expect(live(await jobsOf(lane))).toMatchObject([{ state: 'created' }])
  })

  test('for a lane at work is kept, once, and acts when the lane is done', async () => {
    await enqueue(lane)
    const session = await fetchJob(lane)
    await wake(lane, lane, lane)
    expect(await drain()).toEqual({ lanes: 0, more: false })
    const kept = await listWakes(database.db, mailbox)
    expect(kept).toHaveLength(1)
    expect(kept[0]?.wake_at.getTime()).toBeGreaterThan(Date.now() - 1000)
    await client.boss.complete('email-sending', session.id)
    await eventually(async () => (await drain()).lanes === 1)
    expect(await listWakes(database.db, mailbox)).toEqual([])
  })

  test('pulls a deferred job forward instead of being swallowed by it', async () => {
    await enqueue(lane, new Date(Date.now() + 3_600_000))
    await wake(lane)
    await drain()
    const [job, ...more] = await jobsOf(lane)
    expect(more).toEqual([])
    expect(job?.startAfter.getTime()).toBeLessThanOrEqual(Date.now())
    expect(await fetchJob(lane)).toMatchObject({ id: job?.id })
  })

  test('pulls a job forward that waits for its retry', async () => {
    await enqueue(lane)
    const session = await fetchJob(lane)
    await client.boss.fail('email-sending', session.id)
    expect((await jobsOf(lane))[0]).toMatchObject({ state: 'retry' })
    await wake(lane)
    await drain()
    expect(await fetchJob(lane)).toMatchObject({ id: session.id })
  })

  test('of a job that waits already is done with: the job starts after it', async () => {
    await enqueue(lane)
    await wake(lane)
    await drain()
    expect(await jobsOf(lane)).toHaveLength(1)
    expect(await listWakes(database.db, mailbox)).toEqual([])
  })

  test('rolled back with its caller wakes nobody', async () => {
    const caller = await openTransaction(database.db)
    await insertWakes(caller.trx, [{ ...lane, inMs: 0 }])
    await caller.rollback()
    expect(await drain()).toEqual({ lanes: 0, more: false })
  })
})

describe('many at once', () => {
  test('callers that wake one lane in open transactions, in any order, never wait for each other', async () => {
    const { db } = database
    const others = await Promise.all([0, 1].map(() => insertMailbox(db, tenant.id)))
    const lanes = [lane, ...others.map((one) => laneOf(one))]
    const callers = await Promise.all(Array.from({ length: 12 }, () => openTransaction(db)))
    for (const turn of [0, 1, 2]) {
      for (const [at, caller] of callers.entries()) {
        const next = lanes[(at + turn) % lanes.length] ?? lane
        await sql`set local lock_timeout = '100ms'`.execute(caller.trx)
        await insertWakes(caller.trx, [{ ...next, inMs: 0 }])
      }
    }
    // The drainer neither waits for them nor sees them.
    expect(await drain()).toEqual({ lanes: 0, more: false })
    await Promise.all(callers.map((caller) => caller.commit()))
    expect(await drain()).toEqual({ lanes: 3, more: false })
  })

  test('drainers leave every lane at most one live job, and none of them breaks down', async () => {
    const { db } = database
    const mailboxes = await Promise.all(Array.from({ length: 20 }, () => insertMailbox(db, tenant.id)))
    const lanes = mailboxes.flatMap((one) => (['high', 'normal', 'low'] as const).map((l) => laneOf(one, l)))
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(lanes.map((one, at) => (at % 3 === round ? enqueue(one, hourFromNow()) : undefined)))
      await wake(...lanes, ...lanes.toReversed())
      await Promise.all(Array.from({ length: 6 }, drain))
      const jobs = live(await jobsOf(...lanes))
      expect(jobs).toHaveLength(lanes.length)
      expect(new Set(jobs.map(({ key }) => key)).size).toBe(lanes.length)
      expect(jobs.filter(({ startAfter }) => startAfter.getTime() > Date.now())).toEqual([])
      await client.boss.cancel(
        'email-sending',
        jobs.map(({ id }) => id),
      )
    }
  })

  test('drainers insert jobs in the order of their keys, so that two never wait for each other', async () => {
    const { db } = database
    const [first, second] = await twoLanes()
    await wake(second)
    await wake(first)
    const other = await openTransaction(db)
    await insertJob(other.trx, first)
    const draining = drain()
    await eventually(async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity where ${other.pid}::int = any(pg_blocking_pids(pid))`.execute(db)
      return rows.length === 1
    })
    await sql`set local lock_timeout = '100ms'`.execute(other.trx)
    await insertJob(other.trx, second)
    await other.commit()
    await draining
    expect(live(await jobsOf(first, second))).toHaveLength(2)
  })

  test('drainers pull jobs forward in the order of their keys, so that two never wait for each other', async () => {
    const { db } = database
    const [first, second] = await twoLanes()
    for (const one of [second, first]) await enqueue(one, hourFromNow())
    const keys = [second, first].map(keyOf)
    const [other, drainer] = [await openTransaction(db), await openTransaction(db)]
    const lock = (one: LaneRef) =>
      sql`select 1 from ${jobTable(client)} where singleton_key = ${keyOf(one)} for update nowait`.execute(
        other.trx,
      )
    await lock(first)
    const pulling = pullForward(client, drainer.trx, 'email-sending', keys)
    await untilBlocked(db, drainer)
    await lock(second)
    await other.commit()
    await pulling
    await drainer.commit()
  })

  test('wakes of one busy lane do not keep another lane waiting', async () => {
    const { db } = database
    const other = await insertMailbox(db, tenant.id)
    await enqueue(lane)
    await fetchJob(lane)
    await sql`
      insert into lane_wakes (tenant_id, email_account_id, lane, wake_at)
      select ${tenant.id}, ${mailbox.id}, 'normal', now() - interval '1 minute' from generate_series(1, 3000)`.execute(
      db,
    )
    await wake(laneOf(other))
    const loops = startSchedulerLoops(
      {
        db,
        queue: client,
        log: createLogger({ level: 'error', format: 'json', name: 'test', output: { fd: 2 } }),
        metrics: createMetrics({ process: 'test', version: '0' }),
        warmupKey: Buffer.alloc(32),
      },
      // So long between two looks: whatever happens, happens in one.
      {
        drainerMs: 60_000,
        plannerMs: 60_000,
        sweepSeconds: 60,
        leaseSweepSeconds: 60,
        syncMs: 60_000,
        warmupMs: 60_000,
        warmupRestDays: 7,
        looksSeconds: [60],
      },
    )
    try {
      await eventually(async () => live(await jobsOf(laneOf(other))).length === 1, { timeoutMs: 5000 })
    } finally {
      await loops.stop()
    }
    expect((await listWakes(db, mailbox)).length).toBeLessThan(5)
  })
})

const hourFromNow = () => new Date(Date.now() + 3_600_000)

/** Two lanes in the order of their keys. */
async function twoLanes(): Promise<[LaneRef, LaneRef]> {
  const mailboxes = await Promise.all([0, 1].map(() => insertMailbox(database.db, tenant.id)))
  const [first, second] = mailboxes
    .map((one) => laneOf(one))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  if (!first || !second) throw new Error('no lanes')
  return [first, second]
}

const insertJob = (trx: Trx, of: LaneRef) =>
  enqueueJobs(client, trx, 'email-sending', [{ payload: of, key: keyOf(of) }])

describe('the sweep', () => {
  const sweep = () => sweepLanes(database.db, client)

  beforeEach(async () => {
    // Lanes of other tests are none of its business here.
    await database.db
      .updateTable('emails')
      .set({ status: 'held' })
      .where('status', '=', 'scheduled')
      .execute()
    await insertEmail(database.db, mailbox)
  })

  test('wakes a lane with a due email that has neither block nor job nor wake, once', async () => {
    expect(await sweep()).toBe(1)
    expect(await listWakes(database.db, mailbox)).toMatchObject([{ lane: 'normal' }])
    expect(await sweep()).toBe(0)
  })

  test.each(['created', 'active', 'retry'])('leaves a lane alone that has a job: %s', async (state) => {
    await enqueue(lane)
    if (state !== 'created') {
      const { id } = await fetchJob(lane)
      if (state === 'retry') await client.boss.fail('email-sending', id)
    }
    expect(live(await jobsOf(lane))).toMatchObject([{ state }])
    expect(await sweep()).toBe(0)
  })

  test('wakes a lane whose job has completed', async () => {
    await enqueue(lane)
    const { id } = await fetchJob(lane)
    await client.boss.complete('email-sending', id)
    expect(await sweep()).toBe(1)
  })

  test('leaves a blocked lane alone until its block has passed', async () => {
    const { db } = database
    const block = (until: Date | null) =>
      db
        .updateTable('sending_lanes')
        .set({ blocked_code: 'a_code', blocked_until: until })
        .where('email_account_id', '=', mailbox.id)
        .execute()
    await block(new Date(Date.now() + 60_000))
    expect(await sweep()).toBe(0)
    await block(null)
    expect(await sweep()).toBe(0)
    await block(new Date(Date.now() - 1000))
    expect(await sweep()).toBe(1)
  })

  test('leaves a lane alone that has a wake, also one for later', async () => {
    await insertWakes(database.db, [{ ...lane, inMs: 60_000 }])
    expect(await sweep()).toBe(0)
  })

  test('leaves a lane alone that has nothing due', async () => {
    await database.db
      .updateTable('emails')
      .set({ due_at: new Date(Date.now() + 60_000) })
      .where('email_account_id', '=', mailbox.id)
      .execute()
    expect(await sweep()).toBe(0)
  })

  test('finds a lost lane behind a thousand that have their jobs', async () => {
    const { db } = database
    await sql`
      with mailboxes as (
        insert into email_accounts (tenant_id, id, email_address, smtp_host, smtp_port)
        select ${tenant.id}, gen_random_uuid(), 'crowd-' || n || '@sender.test', '127.0.0.1', 25
          from generate_series(1, 1100) n
        returning id
      ), lanes as (
        insert into sending_lanes (tenant_id, email_account_id, lane)
        select ${tenant.id}, id, 'normal' from mailboxes
      )
      insert into emails (tenant_id, id, email_account_id, kind, idempotency_key, to_address, due_at, first_due_at)
      select ${tenant.id}, gen_random_uuid(), id, 'transactional', id::text, 'a@recipient.test', now(), now()
        from mailboxes`.execute(db)
    const crowd = await db
      .selectFrom('email_accounts')
      .select(['tenant_id', 'id'])
      .where('email_address', 'like', 'crowd-%')
      .orderBy('id')
      .execute()
    const last = crowd.pop()
    const jobs = crowd.map((one) => ({ payload: laneOf(one), key: keyOf(laneOf(one)) }))
    await db.transaction().execute((trx) => enqueueJobs(client, trx, 'email-sending', jobs))
    await enqueue(lane)
    expect(await sweep()).toBe(1)
    expect(await listWakes(db, last ?? mailbox)).toHaveLength(1)
  })

  test('is done by one of those that come at once', async () => {
    expect((await Promise.all([sweep(), sweep(), sweep()])).toSorted()).toEqual([0, 0, 1])
    expect(await listWakes(database.db, mailbox)).toHaveLength(1)
  })
})
