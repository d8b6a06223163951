import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { planLooks } from '../../src/jobs/scheduler/plan-looks.ts'
import { expireLeases } from '../../src/sending/lease-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertUnknownEmail, listLooks } from '../support/doubt.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { insertSubmittingEmail } from '../support/inbound.ts'
import { openInbox } from '../support/inbox.ts'
import { findEmail, outcomeOf, settle } from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let inbox: Awaited<ReturnType<typeof openInbox>>
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  inbox = await openInbox(database)
})
afterAll(async () => {
  await inbox.close()
  await database.close()
})
beforeEach(async () => {
  mailbox = await insertReadable()
})

const insertReadable = async (overrides: object = {}) =>
  insertMailbox(database.db, (await insertTenant(database.db)).id, {
    imap_host: 'imap.lab.test',
    ...overrides,
  })

const plan = () => planLooks(database.db, inbox.queue, [120, 600])
const find = (email: { id: string }) => findEmail(database.db, email)

const jobsOf = async (of: Mailbox) =>
  (
    await database.db
      .selectFrom('jobs')
      .select('id')
      .where('queue_name', '=', 'email-processing')
      .where('singleton_key', '=', of.id)
      .execute()
  ).length

test('whoever made an email unknown, it is looked for two minutes later', async () => {
  const { db } = database
  const unanswered = await insertSubmittingEmail(db, mailbox)
  await settle(
    db,
    outcomeOf({ tenantId: unanswered.tenant_id, id: unanswered.id, attempt: 1, budgetKeys: [] }, 'unknown'),
  )
  const lapsed = await insertSubmittingEmail(db, mailbox, { lease_until: new Date(0) })
  await db.transaction().execute((trx) => expireLeases(trx))
  expect((await plan()).taken).toBe(2)
  for (const { id } of [unanswered, lapsed]) {
    const email = await find({ id })
    expect(email).toMatchObject({
      look_attempt: 1,
      looks: 0,
      unknown_at: email.updated_at,
      parked_code: null,
    })
    expect(email.next_look_at?.getTime()).toBe(email.updated_at.getTime() + 120_000)
  }
  expect((await plan()).taken).toBe(0)
  expect(await jobsOf(mailbox)).toBe(0)
})

test('without IMAP nobody can look: it is parked at once, in words', async () => {
  const deaf = await insertReadable({ imap_host: null })
  const email = await insertUnknownEmail(database.db, deaf, 0, { look_attempt: null, next_look_at: null })
  await plan()
  expect(await find(email)).toMatchObject({
    status: 'unknown',
    next_look_at: null,
    parked_code: 'no_imap',
    parked_reason: 'no IMAP: nobody can look into the mailbox for it',
  })
  expect(await listLooks(database.db, email)).toMatchObject([
    { look: 0, result: 'none', followed_by: 'parked' },
  ])
  expect(await jobsOf(deaf)).toBe(0)
})

test('what was parked for want of IMAP is looked for once the mailbox has a server', async () => {
  const { db } = database
  const deaf = await insertReadable({ imap_host: null })
  const email = await insertUnknownEmail(db, deaf, 0, {
    look_attempt: null,
    next_look_at: null,
    updated_at: new Date(0),
  })
  await plan()
  const { name } = await db
    .selectFrom('tenants')
    .select('name')
    .where('id', '=', deaf.tenant_id)
    .executeTakeFirstOrThrow()
  const set = ['mailbox', 'set', deaf.email_address, '--imap-host', 'imap.lab.test', '--tenant', name]
  expect(await rookery(set, { env: { DATABASE_URL: database.url } })).toMatchObject({ code: 0 })
  await plan()
  expect(await find(email)).toMatchObject({
    parked_code: null,
    unknown_at: new Date(0),
    next_look_at: new Date(120_000),
  })
  expect(await jobsOf(deaf)).toBe(1)
})

test('a mailbox that has lost its IMAP since: it is parked when it is to be looked for', async () => {
  const deaf = await insertReadable({ imap_host: null })
  const due = await insertUnknownEmail(database.db, deaf, 130, { looks: 1 })
  const later = await insertUnknownEmail(database.db, deaf, 130, {
    next_look_at: new Date(Date.now() + 60_000),
  })
  await plan()
  expect(await find(due)).toMatchObject({ next_look_at: null, parked_code: 'no_imap' })
  expect(await listLooks(database.db, due)).toMatchObject([
    { look: 1, result: 'none', followed_by: 'parked' },
  ])
  expect(await find(later)).toMatchObject({ parked_code: null })
})

test('a later attempt that ends in doubt is looked for from the beginning', async () => {
  const email = await insertUnknownEmail(database.db, mailbox, 0, {
    attempt: 2,
    look_attempt: 1,
    looks: 5,
    next_look_at: null,
    parked_code: 'no_control',
    parked_reason: 'not found',
  })
  await plan()
  expect(await find(email)).toMatchObject({
    look_attempt: 2,
    looks: 0,
    parked_code: null,
    parked_reason: null,
  })
})

test('a mailbox with an email to look for is woken, once, whatever its next sync', async () => {
  await insertUnknownEmail(database.db, mailbox, 130)
  await insertUnknownEmail(database.db, mailbox, 130)
  expect((await plan()).woken).toBe(1)
  expect((await plan()).woken).toBe(0)
  expect(await jobsOf(mailbox)).toBe(1)
})

test('a mailbox that cannot be read, or with nothing to look for yet, is left to its syncs', async () => {
  const { db } = database
  const failing = await insertReadable({ sync_failures: 1 })
  await insertUnknownEmail(db, failing, 130)
  await insertUnknownEmail(db, mailbox, 130, { next_look_at: new Date(Date.now() + 60_000) })
  await insertUnknownEmail(db, mailbox, 130, {
    next_look_at: null,
    parked_code: 'no_control',
    parked_reason: 'no',
  })
  await plan()
  expect(await jobsOf(failing)).toBe(0)
  expect(await jobsOf(mailbox)).toBe(0)
})

test('two schedulers at once take up each email and wake each mailbox once', async () => {
  const { db } = database
  for (let n = 0; n < 10; n += 1) {
    const own = await insertReadable()
    await insertUnknownEmail(db, own, 130)
    await insertUnknownEmail(db, own, 0, { look_attempt: null, next_look_at: null })
  }
  const plans = await Promise.all([plan(), plan(), plan()])
  expect(plans.reduce((sum, { taken }) => sum + taken, 0)).toBe(10)
  expect(plans.reduce((sum, { woken }) => sum + woken, 0)).toBe(10)
})
