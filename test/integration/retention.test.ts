import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { listPrunable, type PruneRoom, prune } from '../../src/jobs/maintenance/prune.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { insertInboundMessage } from '../support/inbound.ts'

let database: TestDatabase
let mailbox: Mailbox
let room: PruneRoom

beforeAll(async () => {
  database = await createTestDatabase()
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  room = { db: database.db, retention: { unmatchedDays: 180, matchedDays: 730 } }
})
afterAll(() => database.close())

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

async function insertJobLog(at: Date): Promise<void> {
  const row = { id: newId(), queue_name: 'email-sending', status: 'done' as const }
  await database.db
    .insertInto('job_logs')
    .values({ ...row, started_at: at, finished_at: at, created_at: at })
    .execute()
}

async function insertBudget(at: Date): Promise<void> {
  const key = `mailbox/${mailbox.id}/day/${at.toISOString().slice(0, 10)}`
  await database.db
    .insertInto('send_budgets')
    .values({ key, tenant_id: mailbox.tenant_id, updated_at: at })
    .execute()
}

const wouldGo = async () =>
  Object.fromEntries((await listPrunable(room)).map(({ what, rows }) => [what, rows]))

test('what a dry run names is what goes, and what is young stays', async () => {
  for (const days of [1, 29, 31, 40]) await insertJobLog(daysAgo(days))
  for (const days of [1, 8]) await insertBudget(daysAgo(days))
  const old = await insertInboundMessage(database.db, mailbox, 'A letter.')
  await database.db
    .updateTable('email_messages')
    .set({ received_at: daysAgo(181) })
    .where('id', '=', old.messageId)
    .execute()
  expect(await wouldGo()).toMatchObject({
    'job logs': 2,
    'budgets of past days': 1,
    'messages that came in': 1,
  })
  expect(await prune(room, new AbortController().signal)).toBe(4)
  expect(new Set(Object.values(await wouldGo()))).toEqual(new Set([0]))
  expect(await database.db.selectFrom('job_logs').select('id').execute()).toHaveLength(2)
})
