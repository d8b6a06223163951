import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { newId } from '../../src/core/ids.ts'
import { countWarmup } from '../../src/jobs/warmup/count.ts'
import { createLogger } from '../../src/telemetry/log.ts'
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
  const told = await database.db
    .selectFrom('system_notifications')
    .select(['title', 'is_resolved'])
    .where('entity_id', '=', robin.id)
    .execute()
  expect(told).toEqual([{ title: `${robin.email_address} has left the warmup pool`, is_resolved: false }])
})

test('a mailbox that warmup messages bounce off leaves the pool; its partner stays', async () => {
  await deliver(1, 0, 0, {
    bounced_at: new Date(Date.now() + 1000),
    bounce_type: 'hard',
    bounce_reason: 'user_unknown',
  })
  await count()
  expect(await standingOf(ada)).toMatchObject({
    warmup_status: 'quarantined',
    health_reason: 'a warmup message to it bounced: user_unknown',
  })
  expect((await standingOf(robin)).warmup_status).not.toBe('quarantined')
})

test('a mailbox in good health that has come to its ceiling is ready', async () => {
  const grown = await enrol('2020-01-01')
  await count()
  expect(await standingOf(grown)).toMatchObject({ warmup_status: 'ready', health: 'healthy' })
  expect(await standingOf(robin)).toMatchObject({ warmup_status: 'warming' })
})
