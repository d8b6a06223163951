import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { createClaimer } from '../../src/jobs/sending/claimer.ts'
import { createSettler } from '../../src/jobs/sending/settler.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { claimOptions, laneOf, outcomeOf } from '../support/lanes.ts'

let database: TestDatabase
let proxy: DatabaseProxy

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await openDatabaseProxy(database.url)
})

afterAll(async () => {
  await proxy.close()
  await database.close()
})

test('200 mailboxes with one email each cost a few commits to claim, and a few to settle', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailboxes: Mailbox[] = []
  for (let n = 0; n < 200; n += 1) {
    const mailbox = await insertMailbox(db, tenant.id)
    await insertEmail(db, mailbox)
    mailboxes.push(mailbox)
  }
  let commits = 0
  proxy.onCommit = () => {
    commits += 1
    return 'pass'
  }
  const claimer = createClaimer(proxy.db, { ...claimOptions, clock: systemClock, coalesceMs: 10 })
  const settler = createSettler(proxy.db, {
    coalesceMs: 10,
    clock: systemClock,
    spoolDirectory: '/nowhere',
    onRefused: (_, error) => expect.unreachable(String(error)),
  })
  const answers = await Promise.all(
    mailboxes.map((mailbox) => claimer.add({ ...laneOf(mailbox), wanted: 2 })),
  )
  const claimed = answers.flatMap(({ emails }) => emails)
  expect(claimed).toHaveLength(200)
  expect(commits).toBeLessThanOrEqual(3)

  commits = 0
  const settled = await Promise.all(
    claimed.map((email) => settler.settle({ ...outcomeOf(email, 'sent'), monotonicMs: performance.now() })),
  )
  expect(settled).toEqual(new Array(200).fill(true))
  expect(commits).toBeLessThanOrEqual(3)
})

test('two sessions of one lane in a batch are answered apart: one claims, the other asks again', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id)
  for (let n = 0; n < 4; n += 1) await insertEmail(db, mailbox)
  const claimer = createClaimer(db, { ...claimOptions, clock: systemClock, coalesceMs: 1 })
  const [one, other] = await Promise.all([0, 1].map(() => claimer.add({ ...laneOf(mailbox), wanted: 2 })))
  expect([one?.emails.length, other?.emails.length]).toEqual([2, 0])
})
