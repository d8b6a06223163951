import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeQueue, openQueue } from '../../../src/queue/boss.ts'
import { enqueueJobs } from '../../../src/queue/enqueue.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { deliveryReport } from '../../support/delivery-reports.ts'
import { eventually } from '../../support/eventually.ts'
import { insertMailbox, insertTenant } from '../../support/factories.ts'
import { insertInboundMessage, insertSentEmail } from '../../support/inbound.ts'
import { schemaNames } from '../../support/template.ts'
import { openWorkerHome } from '../../support/worker.ts'

const reportCount = 600

let database: TestDatabase
let home: Awaited<ReturnType<typeof openWorkerHome>>

beforeEach(async () => {
  database = await createTestDatabase()
  home = await openWorkerHome(database.url)
})
afterEach(async () => {
  await home.close()
  await database.close()
})

/** A report about each of so many emails, two of three of them about dead addresses. */
async function enqueueReports(): Promise<void> {
  const { db, pool } = database
  const mailbox = await insertMailbox(db, (await insertTenant(db)).id)
  const refs = []
  for (let n = 0; n < reportCount; n += 1) {
    const email = await insertSentEmail(db, mailbox)
    const full = { status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' }
    const recipients = [{ address: email.to_address, ...(n % 3 === 0 ? full : {}) }]
    const returned = { messageId: email.message_id ?? '', from: mailbox.email_address }
    const message = deliveryReport({ mailbox: mailbox.email_address, recipients, returned })
    refs.push(await insertInboundMessage(db, mailbox, message))
  }
  const queue = await openQueue(pool, {
    schema: schemaNames.queueSchema,
    supervise: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    onError: () => undefined,
  })
  const jobs = refs.map((payload) => ({ payload }))
  await db.transaction().execute((trx) => enqueueJobs(queue, trx, 'bounce-processing', jobs))
  await closeQueue(queue)
}

async function processed(): Promise<number> {
  const { n } = await database.db
    .selectFrom('email_messages')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('status', '=', 'processed')
    .executeTakeFirstOrThrow()
  return n
}

async function countJobs(where: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `select count(*) as n from jobs where queue_name = 'bounce-processing' and ${where}`,
  )
  return rows[0]?.n ?? 0
}

test('killed again and again in mid-work, the reports are acted on exactly once each', async () => {
  await enqueueReports()
  home.start('scheduler')
  for (const share of [0.1, 0.4, 0.7]) {
    const worker = home.start('bounce')
    await eventually(async () => (await processed()) >= reportCount * share, {
      timeoutMs: 60_000,
      intervalMs: 2,
    })
    expect(await worker.end('SIGKILL')).toBeNull()
  }
  expect(await processed()).toBeLessThan(reportCount)
  home.start('bounce')
  // What was killed after its commit runs once more, and must change nothing.
  const unfinished = "status <> 'completed'"
  await eventually(async () => (await countJobs(unfinished)) === 0, { timeoutMs: 90_000, intervalMs: 100 })
  expect(await countJobs('attempt_count > 0')).toBeGreaterThan(0)
  expect(await processed()).toBe(reportCount)

  const { db } = database
  const events = await db.selectFrom('email_events').select(['email_id', 'type']).execute()
  expect(events).toHaveLength(reportCount)
  expect(new Set(events.map(({ email_id }) => email_id)).size).toBe(reportCount)
  const dead = (reportCount * 2) / 3
  expect(await db.selectFrom('suppressions').selectAll().execute()).toHaveLength(dead)
  const counters = await db
    .selectFrom('delivery_counters')
    .select(['hard', 'soft'])
    .where('subject_type', '=', 'mailbox')
    .execute()
  expect(counters).toEqual([{ hard: dead, soft: reportCount - dead }])
})
