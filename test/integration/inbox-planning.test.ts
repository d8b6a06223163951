import { afterAll, beforeAll, expect, test } from 'vitest'
import { planSyncs } from '../../src/jobs/scheduler/plan-syncs.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { openInbox } from '../support/inbox.ts'

let database: TestDatabase
let inbox: Awaited<ReturnType<typeof openInbox>>
let tenantId: string

beforeAll(async () => {
  database = await createTestDatabase()
  inbox = await openInbox(database)
  tenantId = (await insertTenant(database.db)).id
})
afterAll(async () => {
  await inbox.close()
  await database.close()
})

const longAgo = new Date('2026-01-01')
const withImap = { imap_host: 'imap.lab.test', next_sync_at: longAgo }
const insertDue = (overrides: object = {}) =>
  insertMailbox(database.db, tenantId, { ...withImap, ...overrides })

const plan = () => planSyncs(database.db, inbox.queue)

const jobsOf = async (mailbox: Mailbox) =>
  (
    await database.db
      .selectFrom('jobs')
      .select('id')
      .where('queue_name', '=', 'email-processing')
      .where('singleton_key', '=', mailbox.id)
      .execute()
  ).length

const nextOf = async (mailbox: Mailbox) =>
  (
    await database.db
      .selectFrom('email_accounts')
      .select('next_sync_at')
      .where('id', '=', mailbox.id)
      .executeTakeFirstOrThrow()
  ).next_sync_at

test('a mailbox that is due gets one job and its next time; what still waits gets no second', async () => {
  const mailbox = await insertDue()
  expect((await plan()).planned).toBe(1)
  const next = await nextOf(mailbox)
  expect(next.getTime()).toBeGreaterThan(Date.now())
  expect(next.getTime()).toBeLessThanOrEqual(Date.now() + 300_000)
  expect((await plan()).planned).toBe(0)
  await database.db
    .updateTable('email_accounts')
    .set({ next_sync_at: longAgo })
    .where('id', '=', mailbox.id)
    .execute()
  expect((await plan()).planned).toBe(0)
  expect(await jobsOf(mailbox)).toBe(1)
})

test('a paused mailbox still receives; one without IMAP, or whose time has not come, is left alone', async () => {
  const paused = await insertDue({ status: 'paused', status_reason: 'by hand' })
  const deaf = await insertDue({ imap_host: null })
  const later = await insertDue({ next_sync_at: new Date(Date.now() + 60_000) })
  await plan()
  expect(await jobsOf(paused)).toBe(1)
  expect(await jobsOf(deaf)).toBe(0)
  expect(await jobsOf(later)).toBe(0)
})

test('two schedulers at once enqueue each mailbox once', async () => {
  for (let n = 0; n < 60; n += 1) await insertDue()
  const [one, two, three] = await Promise.all([plan(), plan(), plan()])
  expect(one.planned + two.planned + three.planned).toBe(60)
})
