import { afterAll, beforeAll, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { endWarmup, enrolInWarmup, pauseWarmup, resumeWarmup } from '../../src/jobs/warmup/change.ts'
import { explain } from '../../src/jobs/why/explain.ts'
import { defineEnrolment } from '../../src/warmup/enrolment.ts'
import { setHealth } from '../../src/warmup/health-store.ts'
import type { CountedMailbox } from '../../src/warmup/stats-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { claim, claimOf } from '../support/lanes.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 20 })
})
afterAll(() => database.close())

const lanes = ['high', 'normal', 'low'] as const

/** A mailbox on the first day of a ramp that begins with four, with ten due emails in each lane. */
async function warmingMailbox(ramp: object = {}): Promise<Mailbox> {
  const { db } = database
  const { id: tenant_id } = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant_id, { warmup_status: 'warming', timezone: zoneAt(12) })
  await db
    .insertInto('warmup_accounts')
    .values({
      tenant_id,
      email_account_id: mailbox.id,
      ramp_start: 4,
      jitter: 0,
      weekdays_only: false,
      started_on: civilDate(new Date(), mailbox.timezone),
      seed: 1,
      ...ramp,
    })
    .execute()
  for (const lane of lanes)
    for (let n = 0; n < 10; n += 1)
      await insertEmail(db, mailbox, { lane, kind: lane === 'low' ? 'warmup' : 'transactional' })
  return mailbox
}

/** Two workers on each lane, at once. */
async function claimAll(mailbox: Mailbox): Promise<number> {
  const workers = [...lanes, ...lanes].map(async (lane) => {
    let claimed = 0
    for (let turn = 0; turn < 6; turn += 1) {
      const [answer] = await claim(database.db, { ...claimOf(mailbox, 1), lane })
      claimed += answer?.emails.length ?? 0
    }
    return claimed
  })
  return (await Promise.all(workers)).reduce((sum, count) => sum + count, 0)
}

test('campaigns and warmup together send what the day of the ramp allows, and no more', async () => {
  const mailbox = await warmingMailbox()
  expect(await claimAll(mailbox)).toBe(4)
  const [answer] = await claim(database.db, claimOf(mailbox, 1))
  expect(answer?.block).toMatchObject({ code: 'warmup_ramp' })
  const said = await explain(database.db, {
    type: 'mailbox',
    tenantId: mailbox.tenant_id,
    id: mailbox.id,
    name: '',
    tenant: '',
  })
  expect(said?.answer).toContain('being warmed up, and has reached the 4 emails of its day')
  expect(said?.details[0]).toBe('Its limits leave it 0 of 4 emails a day.')
})

test('of the day of a ramp a campaign takes what the warmup of that day leaves', async () => {
  const { db } = database
  const mailbox = await warmingMailbox({ ramp_start: 12 })
  expect(await claimAll(mailbox)).toBe(12)
  const sent = await db
    .selectFrom('emails')
    .select(['kind', (eb) => eb.fn.countAll<number>().as('count')])
    .where('email_account_id', '=', mailbox.id)
    .where('status', '=', 'submitting')
    .groupBy('kind')
    .orderBy('kind')
    .execute()
  expect(sent).toEqual([
    { kind: 'transactional', count: 2 },
    { kind: 'warmup', count: 10 },
  ])
})

test('the smaller of ramp and daily limit holds, and a throttled mailbox has half of its ramp', async () => {
  const { db } = database
  const limited = await warmingMailbox()
  await db.updateTable('email_accounts').set({ daily_limit: 3 }).where('id', '=', limited.id).execute()
  expect(await claimAll(limited)).toBe(3)
  const throttled = await warmingMailbox({ health: 'throttled' })
  expect(await claimAll(throttled)).toBe(2)
})

test('a mailbox that is ready has its own limit alone', async () => {
  const mailbox = await warmingMailbox()
  await database.db
    .updateTable('email_accounts')
    .set({ warmup_status: 'ready', daily_limit: 6 })
    .where('id', '=', mailbox.id)
    .execute()
  expect(await claimAll(mailbox)).toBe(6)
})

const standing = (mailbox: Mailbox) =>
  database.db
    .selectFrom('email_accounts as a')
    .innerJoin('warmup_accounts as w', 'w.email_account_id', 'a.id')
    .select(['a.warmup_status', 'w.health'])
    .where('a.id', '=', mailbox.id)
    .executeTakeFirstOrThrow()

test('a mailbox that is ready stays so through a pause, with its own limit alone, unless its health fails', async () => {
  const { db } = database
  const mailbox = await warmingMailbox({ ready_at: new Date() })
  const ready = { warmup_status: 'ready', daily_limit: 6, timezone: zoneAt(12) } as const
  await db.updateTable('email_accounts').set(ready).where('id', '=', mailbox.id).execute()
  const change = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id, actor: 'test' }
  await pauseWarmup(db, change, 'a while')
  expect(await claimAll(mailbox)).toBe(6)
  await resumeWarmup(db, change)
  expect(await standing(mailbox)).toMatchObject({ warmup_status: 'ready' })

  await pauseWarmup(db, change, 'a while')
  const counted = { ...change, timezone: mailbox.timezone } as unknown as CountedMailbox
  await db.transaction().execute((trx) => setHealth(trx, counted, { health: 'throttled', reason: 'Junk' }))
  await resumeWarmup(db, change)
  expect(await standing(mailbox)).toMatchObject({ warmup_status: 'warming' })
})

test('who ends the warmup of a mailbox in quarantine and begins it anew gets what letting it in gives: half of a ramp', async () => {
  const { db } = database
  const mailbox = await warmingMailbox({ health: 'quarantined' })
  const change = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id, actor: 'test' }
  await endWarmup(db, change)
  await enrolInWarmup(db, change, defineEnrolment({}))
  expect(await standing(mailbox)).toEqual({ warmup_status: 'warming', health: 'throttled' })
})

/** A zone in which it is that hour now. */
function zoneAt(hour: number): string {
  const ahead = (24 + hour - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}

const stateOf = ({ id }: Mailbox) =>
  database.db
    .selectFrom('emails')
    .select(['status', 'reason_code', 'due_at'])
    .where('email_account_id', '=', id)
    .where('kind', '=', 'warmup')
    .execute()

test('warmup waits for the morning of its mailbox', async () => {
  const { db } = database
  const mailbox = await warmingMailbox({ ramp_start: 40 })
  await db
    .updateTable('email_accounts')
    .set({ timezone: zoneAt(3) })
    .where('id', '=', mailbox.id)
    .execute()
  const [answer] = await claim(db, { ...claimOf(mailbox, 20), lane: 'low' })
  expect(answer?.emails).toEqual([])
  const waiting = await stateOf(mailbox)
  expect(waiting).toHaveLength(10)
  for (const { status, reason_code, due_at } of waiting) {
    expect({ status, reason_code }).toEqual({ status: 'scheduled', reason_code: 'warmup_night' })
    expect(due_at.getTime()).toBeGreaterThan(Date.now() + 3 * 3_600_000 - 60_000)
    expect(due_at.getTime()).toBeLessThan(Date.now() + 7 * 3_600_000)
  }
  expect(new Set(waiting.map(({ due_at }) => due_at.getTime())).size).toBeGreaterThan(5)
})

test.each([
  ['paused', 'warmup_paused'],
  ['quarantined', 'warmup_quarantined'],
  ['none', 'warmup_ended'],
] as const)(
  'what was planned while a mailbox became %s goes no further than its claim',
  async (warmup_status, code) => {
    const { db } = database
    const mailbox = await warmingMailbox()
    await db
      .updateTable('email_accounts')
      .set({ warmup_status, timezone: zoneAt(12) })
      .where('id', '=', mailbox.id)
      .execute()
    await claim(db, { ...claimOf(mailbox, 3), lane: 'low' })
    const skipped = (await stateOf(mailbox)).filter(({ status }) => status === 'skipped')
    expect(skipped.map(({ reason_code }) => reason_code)).toEqual([code, code, code])
  },
)
