import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { newId } from '../../src/core/ids.ts'
import { type RampPolicy, rampDay } from '../../src/core/ramp.ts'
import { rampOfAccount } from '../../src/db/ramp-policy.ts'
import { pauseWarmup, resumeWarmup } from '../../src/jobs/warmup/change.ts'
import { countWarmup } from '../../src/jobs/warmup/count.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { readWarmupState } from '../../src/warmup/gauge-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, mint } from '../support/factories.ts'

let database: TestDatabase
let robin: Mailbox
let ada: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  robin = await enrol()
  ada = await enrol()
})

const log = createLogger({ level: 'error', format: 'json', name: 'test', output: { fd: 2 } })
const today = civilDate(new Date(), 'UTC')
const count = () => countWarmup({ db: database.db, log })

async function enrol(started_on = today): Promise<Mailbox> {
  const { db } = database
  const { id: tenant_id } = await insertTenant(db, { warmup_pool: 'shared' })
  const mailbox = await insertMailbox(db, tenant_id, { warmup_status: 'warming' })
  await db
    .insertInto('warmup_accounts')
    .values({
      tenant_id,
      email_account_id: mailbox.id,
      started_on,
      seed: 1,
      weekdays_only: false,
    })
    .execute()
  return mailbox
}

/** Warmup messages of Robin that Ada has got. */
async function deliver(inbox: number, junk: number, read = 0, email: object = {}): Promise<void> {
  const { db } = database
  for (let n = 0; n < inbox + junk; n += 1) {
    const token = mint('token')
    const sent = {
      status: 'sent' as const,
      sent_at: new Date(),
      sent_on: today,
      message_id: `<${token}@x.test>`,
    }
    const { id } = await insertEmail(db, robin, { kind: 'warmup', lane: 'low', ...sent, ...email })
    const common = { id: newId(), token, thread_token: token, plan_date: today, planned_at: new Date() }
    const partner = (of: Mailbox) => ({
      partner_mailbox: of.email_address,
      partner_domain: 'x.test',
      partner_provider: 'gmail',
    })
    const found = { found_at: new Date(), placement: n < inbox ? ('inbox' as const) : ('junk' as const) }
    await db
      .insertInto('warmup_exchanges')
      .values([
        {
          ...common,
          ...partner(ada),
          tenant_id: robin.tenant_id,
          email_account_id: robin.id,
          side: 'sender',
          email_id: id,
        },
      ])
      .execute()
    await db
      .insertInto('warmup_exchanges')
      .values({
        ...common,
        ...partner(robin),
        ...found,
        id: newId(),
        tenant_id: ada.tenant_id,
        email_account_id: ada.id,
        side: 'receiver',
      })
      .execute()
    if (n < read)
      await db
        .insertInto('warmup_interactions')
        .values({
          tenant_id: ada.tenant_id,
          id: newId(),
          email_account_id: ada.id,
          interaction_type: 'read',
          partner_mailbox: robin.email_address,
          token,
        })
        .execute()
  }
}

const standingOf = ({ id }: Mailbox) =>
  database.db
    .selectFrom('email_accounts as a')
    .innerJoin('warmup_accounts as w', 'w.email_account_id', 'a.id')
    .select(['a.warmup_status', 'w.health', 'w.health_reason'])
    .where('a.id', '=', id)
    .executeTakeFirstOrThrow()

const rampOf = async ({ id }: Mailbox) => {
  const { rows } = await sql<{ ramp: RampPolicy }>`
    select ${rampOfAccount} as ramp from email_accounts a where a.id = ${id}`.execute(database.db)
  return rows[0]?.ramp
}

const openNotifications = async ({ id }: Mailbox) => {
  const rows = await database.db
    .selectFrom('system_notifications')
    .select('title')
    .where('entity_id', '=', id)
    .where('is_resolved', '=', false)
    .execute()
  return rows.map(({ title }) => title)
}

test('a day is what the ledger and both sides say, however often it is counted', async () => {
  await deliver(3, 1, 2)
  await count()
  await count()
  const rows = await database.db
    .selectFrom('warmup_daily_stats')
    .selectAll()
    .where('email_account_id', '=', robin.id)
    .execute()
  expect(rows).toMatchObject([
    {
      emails_sent: 4,
      campaign_sent: 0,
      inbox_count: 3,
      junk_count: 1,
      opens_received: 2,
      replies_received: 0,
      placement: { gmail: { inbox: 3, junk: 1 } },
    },
  ])
  expect(rows[0]?.ramp_cap).toBeGreaterThan(0)
  const { mailboxes, placement } = await readWarmupState(database.db)
  expect(mailboxes).toEqual([{ status: 'warming', health: 'healthy', count: 2 }])
  expect(placement).toEqual([{ provider: 'gmail', inbox: 3, junk: 1 }])
  expect(rows[0]?.reputation_score).toBe(53)
})

test('a mailbox whose mail lands in Junk is throttled, then leaves the pool, and operators are told', async () => {
  await deliver(16, 4)
  await count()
  expect(await standingOf(robin)).toMatchObject({ warmup_status: 'warming', health: 'throttled' })
  await deliver(0, 14)
  await count()
  expect(await standingOf(robin)).toEqual({
    warmup_status: 'quarantined',
    health: 'quarantined',
    health_reason: '18 of 34 warmup messages landed in Junk within seven days',
  })
  expect(await openNotifications(robin)).toEqual([`${robin.email_address} has left the warmup pool`])
})

/** Warmup messages to Ada that her server refused in the sessions of two tenants, the first of them Robin's. */
async function refuse(): Promise<void> {
  const first = robin
  await refuseOne()
  robin = await enrol()
  await refuseOne()
  robin = first
}

async function refuseOne(): Promise<void> {
  await deliver(1, 0)
  const { id } = await lastOf(robin)
  const unsent = { status: 'failed' as const, sent_at: null, sent_on: null, claimed_at: new Date() }
  await database.db
    .updateTable('emails')
    .set({ ...unsent, reason_code: 'invalid_recipient', error_message: '550 No such user' })
    .where('id', '=', id)
    .execute()
  await setNotFound()
  await report(robin, 'session')
}

const lastOf = ({ id }: Mailbox) =>
  database.db
    .selectFrom('emails')
    .selectAll()
    .where('email_account_id', '=', id)
    .where('kind', '=', 'warmup')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

const setNotFound = () =>
  database.db
    .updateTable('warmup_exchanges')
    .set({ found_at: null, placement: null })
    .where('email_account_id', '=', ada.id)
    .execute()

/** What is said of the last warmup message of this mailbox, by what was matched. */
async function report(from: Mailbox, matchedBy: string, bounce_type: 'hard' | 'complaint' = 'hard') {
  const email = await lastOf(from)
  await database.db
    .insertInto('email_bounces')
    .values({
      ...{ tenant_id: from.tenant_id, id: newId(), email_id: email.id, email_account_id: from.id },
      ...{ address: email.to_address, bounce_type, bounce_class: 'invalid_recipient' },
      ...{ bounce_reason: 'the address is dead', permanent: true, address_dead: true },
      ...{ bounced_at: new Date(), evidence: JSON.stringify({ matchedBy }) },
    })
    .execute()
}

const wait = (days: number, mailbox: Mailbox) =>
  sql`
    update warmup_accounts set health_since = health_since - ${days} * interval '1 day',
           started_on = started_on - ${days}::int, paused_at = paused_at - ${days} * interval '1 day'
     where email_account_id = ${mailbox.id}`.execute(database.db)

const place = ({ tenant_id, id }: Mailbox) => ({ tenantId: tenant_id, mailboxId: id, actor: 'ada' })

test('a mailbox that warmup messages bounce off leaves the pool until somebody lets it in; its partner stays', async () => {
  await refuse()
  await count()
  expect(await standingOf(ada)).toMatchObject({
    warmup_status: 'quarantined',
    health_reason: 'a warmup message to it bounced: the address is dead',
  })
  expect((await standingOf(robin)).warmup_status).not.toBe('quarantined')
  const { bounces } = await database.db
    .selectFrom('warmup_daily_stats')
    .select('bounces')
    .where('email_account_id', '=', robin.id)
    .executeTakeFirstOrThrow()
  expect(bounces).toBe(1)
  await sql`update email_bounces set bounced_at = bounced_at - interval '10 days'`.execute(database.db)
  await wait(10, ada)
  await count()
  expect((await standingOf(ada)).health).toBe('quarantined')
  await resumeWarmup(database.db, place(ada))
  await count()
  expect(await standingOf(ada)).toMatchObject({ warmup_status: 'warming', health: 'healthy' })
  expect(await openNotifications(ada)).toEqual([])
})

test('a mailbox that others refuse leaves the pool, and its campaigns go on as before', async () => {
  const grown = await enrol('2020-01-01')
  await count()
  await refuse()
  await count()
  expect(await standingOf(ada)).toMatchObject({ health: 'quarantined' })
  expect(await rampOf(ada)).toMatchObject({ throttled: false })

  ada = grown
  await refuse()
  await count()
  expect(await standingOf(ada)).toMatchObject({ warmup_status: 'quarantined' })
  expect(await rampOf(ada)).toBeNull()
  await sql`delete from email_bounces`.execute(database.db)
  await wait(8, ada)
  await count()
  expect(await standingOf(ada)).toMatchObject({ warmup_status: 'ready', health: 'healthy' })
})

test('what one other tenant says of a mailbox does not put it out of the pool, what two say does', async () => {
  await deliver(1, 0)
  await report(robin, 'recency')
  await report(robin, 'message_id')
  await report(robin, 'message_id', 'complaint')
  await refuseOne()
  await count()
  expect(await standingOf(ada)).toMatchObject({ warmup_status: 'warming', health: 'healthy' })

  robin = await enrol()
  await deliver(1, 0)
  await report(robin, 'message_id')
  await count()
  // It was found: it cannot have bounced.
  expect(await standingOf(ada)).toMatchObject({ health: 'healthy' })
  await setNotFound()
  await count()
  expect(await standingOf(ada)).toMatchObject({ health: 'quarantined' })
})

test('what waits to leave a mailbox in quarantine, or to go to it, is skipped', async () => {
  await deliver(0, 20)
  const waiting = { status: 'scheduled' as const, sent_at: null, sent_on: null }
  await deliver(1, 0, 0, waiting)
  await count()
  const left = await database.db
    .selectFrom('emails')
    .select(['status', 'reason_code'])
    .where('email_account_id', '=', robin.id)
    .where('status', '<>', 'sent')
    .execute()
  expect(left).toEqual([{ status: 'skipped', reason_code: 'warmup_quarantined' }])
})

test('a mailbox that was let in by hand is judged by what it sends from then on', async () => {
  await deliver(0, 20)
  await count()
  await wait(1, robin)
  await sql`update emails set sent_at = sent_at - interval '1 hour' where email_account_id = ${robin.id}`.execute(
    database.db,
  )
  await resumeWarmup(database.db, place(robin))
  await count()
  expect(await standingOf(robin)).toMatchObject({ warmup_status: 'warming', health: 'throttled' })
  await deliver(0, 20)
  await count()
  expect(await standingOf(robin)).toMatchObject({ health: 'quarantined' })
})

test('a mailbox is tried again after a week of quarantine, where its ramp stood and at half of it', async () => {
  await deliver(0, 20)
  await count()
  await wait(8, robin)
  await sql`update emails set sent_at = sent_at - interval '8 days' where email_account_id = ${robin.id}`.execute(
    database.db,
  )
  await count()
  expect(await standingOf(robin)).toMatchObject({ warmup_status: 'warming', health: 'throttled' })
  expect(await rampOf(robin)).toMatchObject({ startedOn: today, throttled: true, pausedOn: null })
  expect(await openNotifications(robin)).toEqual([])
})

test('a quarantine that began and ended within a pause leaves the ramp where the pause began', async () => {
  await pauseWarmup(database.db, place(ada), 'on leave')
  await refuse()
  await count()
  await sql`delete from email_bounces`.execute(database.db)
  await wait(8, ada)
  await count()
  expect(await standingOf(ada)).toMatchObject({ warmup_status: 'paused', health: 'healthy' })
  await resumeWarmup(database.db, place(ada))
  const { started_on } = await database.db
    .selectFrom('warmup_accounts')
    .select('started_on')
    .where('email_account_id', '=', ada.id)
    .executeTakeFirstOrThrow()
  expect(started_on).toBe(today)
})

test.each([true, false])('a ramp goes on where it rested, weekends resting: %s', async (weekdays_only) => {
  const { db } = database
  const dayAhead = (days: number) => civilDate(Date.now() + days * 86_400_000, 'UTC')
  const next = [0, 1, 2].map(dayAhead).find((day) => ![0, 6].includes(new Date(day).getUTCDay())) ?? ''
  for (let rested = 0; rested < 8; rested += 1)
    for (const grown of [0, 1, 5, 9]) {
      await pauseWarmup(db, place(ada), 'on leave')
      await db
        .updateTable('warmup_accounts')
        .set({
          weekdays_only,
          started_on: dayAhead(-rested - grown),
          paused_at: new Date(Date.now() - rested * 86_400_000),
        })
        .where('email_account_id', '=', ada.id)
        .execute()
      const before = await rampOf(ada)
      await resumeWarmup(db, place(ada))
      const after = await rampOf(ada)
      if (!before || !after) throw new Error('it has no ramp')
      const first = weekdays_only ? next : today
      expect([rested, grown, rampDay(after, first)]).toEqual([rested, grown, rampDay(before, first)])
    }
})

test('the cap of a day is what ramp and limit allowed at most, and stays when the day is over', async () => {
  const { db } = database
  await db.updateTable('email_accounts').set({ daily_limit: 2 }).where('id', '=', robin.id).execute()
  await deliver(1, 0)
  const yesterday = civilDate(Date.now() - 86_400_000, 'UTC')
  await db
    .insertInto('warmup_daily_stats')
    .values({ tenant_id: robin.tenant_id, email_account_id: robin.id, date: yesterday, ramp_cap: 7 })
    .execute()
  await count()
  await db.updateTable('email_accounts').set({ daily_limit: 1 }).where('id', '=', robin.id).execute()
  await count()
  const rows = await db
    .selectFrom('warmup_daily_stats')
    .select(['date', 'ramp_cap'])
    .where('email_account_id', '=', robin.id)
    .orderBy('date')
    .execute()
  expect(rows).toEqual([
    { date: yesterday, ramp_cap: 7 },
    { date: today, ramp_cap: 2 },
  ])
})

test('a mailbox in good health that has come to its ceiling is ready', async () => {
  const grown = await enrol('2020-01-01')
  await count()
  expect(await standingOf(grown)).toMatchObject({ warmup_status: 'ready', health: 'healthy' })
  expect(await standingOf(robin)).toMatchObject({ warmup_status: 'warming' })
})
