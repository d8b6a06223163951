import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { changeMailboxLimits } from '../../src/jobs/change-limits.ts'
import { enrolInWarmup } from '../../src/jobs/warmup/change.ts'
import { lockBudgets } from '../../src/sending/budget-store.ts'
import { rollingKey } from '../../src/sending/budgets.ts'
import { type ClaimedEmail, claimEmails } from '../../src/sending/claim-emails.ts'
import { defineEnrolment } from '../../src/warmup/enrolment.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type DatabaseWithClock, openDatabaseWithClock } from '../support/database-clock.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import {
  claim,
  claimFor,
  claimOf,
  claimOptions,
  findEmail,
  outcomeOf,
  readBudgets,
  settle,
} from '../support/lanes.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let clocked: DatabaseWithClock
let mailbox: Mailbox

const zone = 'America/St_Johns' // half an hour off the hour, and clear of UTC's midnight
const midnight = new Date('2027-06-10T02:30:00Z')
const before = (ms: number) => new Date(midnight.getTime() - ms)
const after = (ms: number) => new Date(midnight.getTime() + ms)
const minuteMs = 60_000
const hourMs = 60 * minuteMs

beforeAll(async () => {
  database = await createTestDatabase()
  clocked = await openDatabaseWithClock(database)
})

afterAll(async () => {
  await clocked.close()
  await database.close()
})

beforeEach(async () => {
  const tenant = await insertTenant(database.db)
  const caps = { timezone: zone, daily_limit: 5, rolling_limit: 100 }
  mailbox = await insertMailbox(database.db, tenant.id, caps)
  for (let n = 0; n < 12; n += 1) await insertEmail(database.db, mailbox)
})

/** Claims at that moment of the database's clock. */
async function claimAt(at: Date, wanted: number): Promise<ClaimedEmail[]> {
  await clocked.setTime(at)
  return claimFor(clocked.db, mailbox, wanted)
}

test('a claim two minutes before midnight of the zone of its mailbox is charged to both days, and stores their keys', async () => {
  const [email] = await claimAt(before(2 * minuteMs), 2)
  expect((await readBudgets(database.db, mailbox)).days).toEqual([2, 2])
  expect(email?.budgetKeys).toEqual([
    `mailbox/${mailbox.id}/day/2027-06-09`,
    `mailbox/${mailbox.id}/day/2027-06-10`,
    `mailbox/${mailbox.id}/24h`,
  ])
  expect((await findEmail(database.db, { id: email?.id ?? '' })).budget_keys).toEqual(email?.budgetKeys)
})

test('a claim earlier on the day is charged to that day alone', async () => {
  await claimAt(before(2 * minuteMs + 1000), 2)
  expect((await readBudgets(database.db, mailbox)).days).toEqual([2])
})

test('a day takes no more than its cap, whatever was claimed just before it', async () => {
  expect(await claimAt(before(hourMs), 3)).toHaveLength(3)
  expect(await claimAt(before(minuteMs), 9)).toHaveLength(2)
  expect(await claimAt(after(1000), 9)).toHaveLength(3)
  const [refused] = await claim(clocked.db, claimOf(mailbox, 1))
  expect(refused?.block).toMatchObject({ code: 'daily_limit', until: after(24 * hourMs) })
})

test('what a claim before midnight took is given back after it to exactly its two days', async () => {
  const [email] = await claimAt(before(minuteMs), 2)
  if (!email) throw new Error('nothing was claimed')
  expect(await claimAt(after(minuteMs), 1)).toHaveLength(1)
  expect((await readBudgets(database.db, mailbox)).days).toEqual([2, 3])
  await clocked.setTime(after(2 * hourMs))
  await settle(clocked.db, outcomeOf(email, 'scheduled'))
  expect(await readBudgets(database.db, mailbox)).toMatchObject({ days: [1, 2], rolling: 2 })
})

test('what a claim of one day took is not given back to the next', async () => {
  const [email] = await claimAt(before(hourMs), 1)
  if (!email) throw new Error('nothing was claimed')
  expect(await claimAt(after(hourMs), 5)).toHaveLength(5)
  await settle(clocked.db, outcomeOf(email, 'failed'))
  expect((await readBudgets(database.db, mailbox)).days).toEqual([0, 5])
})

test('a rolling budget is given back to the ten minutes that were charged, however slow the claim was', async () => {
  const { db } = database
  await clocked.setTime(before(hourMs), 10 * minuteMs)
  const [email] = await claimFor(clocked.db, mailbox, 1)
  if (!email) throw new Error('nothing was claimed')
  await clocked.setTime(after(hourMs))
  await claimFor(clocked.db, mailbox, 2)
  await settle(clocked.db, outcomeOf(email, 'scheduled'))
  const budget = await db
    .selectFrom('send_budgets')
    .selectAll()
    .where('key', '=', `mailbox/${mailbox.id}/24h`)
    .executeTakeFirstOrThrow()
  expect(budget.buckets.filter((taken) => taken > 0)).toEqual([2])
})

test('the gap of an email that was not sent is not given back', async () => {
  const { db } = database
  await db
    .updateTable('email_accounts')
    .set({ min_gap_seconds: 600, gap_jitter: 0 })
    .where('id', '=', mailbox.id)
    .execute()
  const [email] = await claimAt(before(hourMs), 3)
  if (!email) throw new Error('nothing was claimed')
  await settle(clocked.db, outcomeOf(email, 'scheduled'))
  const { gapEndsAt, rolling } = await readBudgets(db, mailbox)
  expect(rolling).toBe(0)
  expect(gapEndsAt?.getTime()).toBeGreaterThanOrEqual(before(hourMs).getTime() + 10 * minuteMs)
  const [refused] = await claim(clocked.db, claimOf(mailbox, 1))
  expect(refused?.block?.code).toBe('gap')
})

test('a mailbox that moves to a zone where it is tomorrow gets no second day', async () => {
  const { db } = database
  const caps = { daily_limit: 5, rolling_limit: null }
  await db.updateTable('email_accounts').set(caps).where('id', '=', mailbox.id).execute()
  expect(await claimAt(before(hourMs), 9)).toHaveLength(5)
  await db
    .updateTable('email_accounts')
    .set({ timezone: 'Asia/Tokyo' })
    .where('id', '=', mailbox.id)
    .execute()
  expect(await claimAt(before(hourMs), 9)).toHaveLength(0)
})

test('a mailbox in warmup, which no limit of 24 hours holds to its ramp, gets no second day there either', async () => {
  const { db } = database
  const caps = { daily_limit: 50, rolling_limit: null }
  await db.updateTable('email_accounts').set(caps).where('id', '=', mailbox.id).execute()
  await clocked.setTime(before(hourMs))
  const ramp = { start: 4, ceiling: 4, weekdaysOnly: false, jitter: 0 }
  const place = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id, actor: 'test' }
  await enrolInWarmup(clocked.db, place, defineEnrolment(ramp))
  expect(await claimAt(before(hourMs), 9)).toHaveLength(4)
  const now = await db
    .selectFrom('email_accounts')
    .selectAll()
    .where('id', '=', mailbox.id)
    .executeTakeFirstOrThrow()
  await clocked.db.transaction().execute((trx) => changeMailboxLimits(trx, now, { timezone: 'Asia/Tokyo' }))
  expect(await claimAt(before(hourMs), 9)).toHaveLength(0)
})

test('a mailbox that moves to another zone and back has one day', async () => {
  const { db } = database
  const caps = { daily_limit: 4, rolling_limit: 100 }
  await db.updateTable('email_accounts').set(caps).where('id', '=', mailbox.id).execute()
  expect(await claimAt(before(hourMs), 1)).toHaveLength(1)
  for (const timezone of ['Asia/Tokyo', zone]) {
    const now = await db
      .selectFrom('email_accounts')
      .selectAll()
      .where('id', '=', mailbox.id)
      .executeTakeFirstOrThrow()
    await clocked.db.transaction().execute((trx) => changeMailboxLimits(trx, now, { timezone }))
    expect(await claimAt(before(hourMs), 9)).toHaveLength(timezone === zone ? 0 : 3)
  }
})

test('a claim that waits for its budgets across midnight is not made on those of yesterday', async () => {
  await claimAt(before(hourMs), 1)
  await clocked.setTime(before(3 * minuteMs))
  const holder = await openTransaction(database.db)
  const waiter = await openTransaction(clocked.db)
  await lockBudgets(holder.trx, [rollingKey(mailbox.id)])
  const waiting = claimEmails(waiter.trx, [claimOf(mailbox, 5)], claimOptions)
  await untilBlocked(database.db, waiter)
  await clocked.setTime(after(1000))
  await holder.commit()
  expect((await waiting)[0]).toMatchObject({ emails: [], block: { code: 'budget_unreadable' } })
  await waiter.commit()
  const again = await claimFor(clocked.db, mailbox, 5)
  expect(again.map(({ budgetKeys }) => budgetKeys[0])).toEqual(
    new Array(5).fill(`mailbox/${mailbox.id}/day/2027-06-10`),
  )
})
