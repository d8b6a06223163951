import { afterAll, beforeAll, expect, test } from 'vitest'
import { planRounds } from '../../src/jobs/scheduler/plan-rounds.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { openInbox } from '../support/inbox.ts'
import { insertWarmupAccount } from '../support/warmup.ts'

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

async function enrol(nextRoundAt: Date): Promise<Mailbox> {
  const mailbox = await insertMailbox(database.db, tenantId, { imap_host: 'imap.lab.test' })
  await insertWarmupAccount(database.db, mailbox, { next_round_at: nextRoundAt })
  return mailbox
}

const plan = () => planRounds(database.db, inbox.queue)
const longAgo = new Date('2026-01-01')

const jobsOf = async ({ id }: Mailbox) => {
  const jobs = database.db.selectFrom('jobs').select('id').where('queue_name', '=', 'warmup-processing')
  return (await jobs.where('singleton_key', '=', id).execute()).length
}

test('a mailbox whose round is due gets one job, and no second while that waits', async () => {
  const due = await enrol(longAgo)
  const later = await enrol(new Date(Date.now() + 60_000))
  expect((await plan()).planned).toBe(1)
  expect((await plan()).planned).toBe(0)
  await database.db.updateTable('warmup_accounts').set({ next_round_at: longAgo }).execute()
  expect((await plan()).planned).toBe(1)
  expect([await jobsOf(due), await jobsOf(later)]).toEqual([1, 1])
})

test('two schedulers at once enqueue each round once', async () => {
  for (let n = 0; n < 20; n += 1) await enrol(longAgo)
  const plans = await Promise.all([plan(), plan(), plan()])
  expect(plans.reduce((sum, { planned }) => sum + planned, 0)).toBe(20)
})
