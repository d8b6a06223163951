import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setSealed } from '../../src/analytics/watermark-store.ts'
import { newId } from '../../src/core/ids.ts'
import type { Db, Trx } from '../../src/db/connect.ts'
import { ensureEventPartitions } from '../../src/db/partitions.ts'
import { audit, rebuild, rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { restoreElsewhere } from '../support/restored-dump.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
})
afterAll(() => database.close())

const april = newId()
const always = { from: '-infinity', to: 'infinity' }

async function tell(
  db: Db | Trx,
  type: 'sent' | 'bounced' | 'opened',
  day: string,
  emailId = newId(),
  campaign_id: string | null = null,
): Promise<void> {
  await db
    .insertInto('email_events')
    .values({
      class: type === 'opened' ? 'engagement' : 'delivery',
      campaign_id,
      type,
      id: newId(),
      tenant_id: mailbox.tenant_id,
      email_account_id: mailbox.id,
      email_id: emailId,
      attempt: 1,
      occurred_at: new Date(),
      sent_on: day,
    })
    .execute()
}

const readDay = (day: string) =>
  database.db.selectFrom('daily_analytics').selectAll().where('date', '=', day).executeTakeFirst()

test('an event that is committed while a pass runs is counted by the next pass, once', async () => {
  const { db } = database
  await rollUp(db)
  // Its transaction id is lower than that of the event that the pass sees.
  const early = await openTransaction(db)
  await tell(early.trx, 'sent', '2026-03-01')
  await tell(db, 'sent', '2026-03-01')
  const held = await openTransaction(db)
  await sql`lock table daily_analytics in exclusive mode`.execute(held.trx)
  const pass = rollUp(db)
  await untilPassWaits(held.pid)
  await early.commit()
  await tell(db, 'sent', '2026-03-01')
  await held.commit()
  expect(await pass).toEqual({ events: 1 })
  expect(await readDay('2026-03-01')).toMatchObject({ emails_sent: 1 })
  expect(await rollUp(db)).toEqual({ events: 2 })
  expect(await rollUp(db)).toEqual({ events: 0 })
  expect(await readDay('2026-03-01')).toMatchObject({ emails_sent: 3 })
})

test('a pass that begins beside the making of a month counts what is moved into it', async () => {
  const { db } = database
  await tell(db, 'sent', '2026-03-07')
  // In the default partition.
  await sql`update email_events set recorded_at = '2025-03-07T12:00:00Z' where sent_on = '2026-03-07'`.execute(
    db,
  )
  const held = await openTransaction(db)
  await sql`select from analytics_watermark for update`.execute(held.trx)
  const pass = rollUp(db)
  await untilPassWaits(held.pid)
  let made = false
  const making = ensureEventPartitions(db, new Date()).finally(() => {
    made = true
  })
  await eventually(async () => made || (await countWaiting()) > 1)
  await held.rollback()
  await Promise.all([pass, making])
  await rollUp(db)
  expect(await readDay('2025-03-07')).toMatchObject({ happened_sent: 1 })
})

async function countWaiting(): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    database.db,
  )
  return rows.length
}

async function untilPassWaits(pid: number): Promise<void> {
  const { db } = database
  await eventually(async () => {
    const { rows } = await sql`
      select pid from pg_stat_activity
       where datname = current_database() and ${pid}::int = any(pg_blocking_pids(pid))`.execute(db)
    return rows.length > 0
  })
}

test('many opens of one email are one email that was opened, and its rates fit', async () => {
  const { db } = database
  const email = newId()
  await tell(db, 'sent', '2026-03-02', email)
  for (let open = 0; open < 12; open += 1) await tell(db, 'opened', '2026-03-02', email)
  for (let more = 0; more < 12; more += 1) await tell(db, 'opened', '2026-03-03')
  await rollUp(db)
  expect(await readDay('2026-03-02')).toMatchObject({ emails_opened: 1, total_opens: 12, open_rate: 100 })
  expect(await readDay('2026-03-03')).toMatchObject({ emails_sent: 0, emails_opened: 12, open_rate: 0 })
})

test('an email is delivered if it was sent and did not bounce, so that days and campaigns add up', async () => {
  const { db } = database
  const campaign = newId()
  const [delivered, bounced] = [newId(), newId()]
  await tell(db, 'sent', '2026-03-08', delivered, campaign)
  for (const type of ['sent', 'bounced'] as const) await tell(db, type, '2026-03-08', bounced, campaign)
  // Nothing says that it was sent: it takes nothing from those that were.
  await tell(db, 'bounced', '2026-03-08', newId(), campaign)
  await rollUp(db)
  expect(await readDay('2026-03-08')).toMatchObject({
    emails_sent: 2,
    emails_delivered: 1,
    emails_bounced: 2,
  })
  expect(await readSum(campaign)).toMatchObject({ sent: 2, delivered: 1, bounced: 2 })
})

const readSum = (campaign: string) =>
  database.db
    .selectFrom('campaign_analytics')
    .selectAll()
    .where('campaign_id', '=', campaign)
    .executeTakeFirst()

test('a rebuild takes away the sum of a campaign that has no day, and adds up one whose days are all sealed', async () => {
  const { db } = database
  const [gone, sealed] = [newId(), newId()]
  await tell(db, 'sent', '2026-02-01', newId(), sealed)
  await tell(db, 'sent', '2026-03-09', newId(), gone)
  await rollUp(db)
  await sql`insert into analytics_sealed_days (tenant_id, through) values (${mailbox.tenant_id}, '2026-02-28')`.execute(
    db,
  )
  await sql`delete from email_events where sent_on <= '2026-02-28' or campaign_id = ${gone}`.execute(db)
  await sql`delete from campaign_analytics where campaign_id = ${sealed}`.execute(db)
  await rebuild(db)
  expect(await readSum(gone)).toBeUndefined()
  expect(await readSum(sealed)).toMatchObject({ sent: 1, first_sent_on: '2026-02-01' })
  expect(await audit(db, always)).toEqual([])
})

test('an audit sees a wrong figure of what happened on a day, and of a campaign; a rebuild mends the day', async () => {
  const { db } = database
  await tell(db, 'sent', '2026-03-06')
  await rollUp(db)
  expect(await audit(db, always)).toEqual([])
  await sql`
    update daily_analytics set happened_sent = happened_sent + 1
     where campaign_id is null and date = (select max(date) from daily_analytics where happened_sent > 0)`.execute(
    db,
  )
  await sql`
    insert into campaign_analytics (tenant_id, campaign_id, sent, delivered, opened_tracked, clicked_tracked, replied,
                                    bounced, unsubscribed, complained)
    values (${mailbox.tenant_id}, ${newId()}, 0, 0, 0, 0, 0, 0, 0, 1)`.execute(db)
  const differences = await audit(db, always)
  expect(differences?.map(({ what }) => what)).toEqual(['daily_analytics', 'campaign_analytics'])
  await sql`delete from campaign_analytics`.execute(db)
  await rebuild(db)
  expect(await audit(db, always)).toEqual([])
})

test('the first pass of all finds late what was told of days that are sealed already', async () => {
  const { db } = database
  await sql`truncate email_events, daily_analytics, daily_step_analytics, campaign_analytics, billing_analytics,
                     analytics_sealed_days, analytics_watermark`.execute(db)
  await sql`insert into analytics_sealed_days (tenant_id, through) values (null, '2026-03-04')`.execute(db)
  for (const day of ['2026-03-04', '2026-03-05']) await tell(db, 'sent', day)
  expect(await rollUp(db)).toEqual({ events: 2 })
  expect(await readDay('2026-03-04')).toMatchObject({ emails_sent: 0, late_events: 1 })
  expect(await readDay('2026-03-05')).toMatchObject({ emails_sent: 1, late_events: 0 })
  expect(await rollUp(db)).toEqual({ events: 0 })
  expect(await audit(db, always)).toEqual([])
})

test.each(['more', 'fewer'] as const)(
  'restored from a dump of a server with %s transactions, each event is counted or late once',
  async (transactions) => {
    const { db } = database
    await sql`truncate email_events, daily_analytics, daily_step_analytics, campaign_analytics, billing_analytics,
                       analytics_sealed_days`.execute(db)
    for (const day of ['2026-03-04', '2026-03-05']) await tell(db, 'sent', day)
    await rollUp(db)
    await sql`insert into analytics_sealed_days (tenant_id, through) values (null, '2026-03-04')`.execute(db)
    // Not counted there before the dump.
    for (const day of ['2026-03-04', '2026-03-05']) await tell(db, 'sent', day)
    await restoreElsewhere(db, transactions)
    // Written here before the first pass.
    for (const day of ['2026-03-04', '2026-03-05']) await tell(db, 'sent', day)
    expect(await rollUp(db)).toEqual({ events: 6 })
    expect(await readDay('2026-03-04')).toMatchObject({ emails_sent: 1, late_events: 2 })
    expect(await readDay('2026-03-05')).toMatchObject({ emails_sent: 3, late_events: 0 })
    for (const day of ['2026-03-04', '2026-03-05']) await tell(db, 'sent', day)
    expect(await rollUp(db)).toEqual({ events: 2 })
    expect(await rollUp(db)).toEqual({ events: 0 })
    expect(await readDay('2026-03-04')).toMatchObject({ emails_sent: 1, late_events: 3 })
    expect(await readDay('2026-03-05')).toMatchObject({ emails_sent: 4, late_events: 0 })
    expect(await audit(db, always)).toEqual([])
  },
)

test('after a major upgrade, which keeps the files and their transaction ids, no event is counted twice', async () => {
  const { db } = database
  for (const day of ['2026-03-04', '2026-03-05']) await tell(db, 'sent', day)
  const before = [await readDay('2026-03-04'), await readDay('2026-03-05')]
  // Written by the seal of a night, too.
  const seal = { tenantId: null, through: '2026-03-04' }
  await db.transaction().execute((trx) => setSealed(trx, seal))
  await sql`
    update analytics_watermark set system_identifier = system_identifier + 1, xid = pg_current_xact_id()
     where mod(xid::text::numeric, 4294967296) = xmin::text::numeric`.execute(db)
  expect(await rollUp(db)).toEqual({ events: 2 })
  expect(await readDay('2026-03-04')).toMatchObject({ late_events: (before[0]?.late_events ?? 0) + 1 })
  expect(await readDay('2026-03-05')).toMatchObject({ emails_sent: (before[1]?.emails_sent ?? 0) + 1 })
  expect(await audit(db, always)).toEqual([])
})

test('days that were computed by another method are computed anew, and what is late is so once', async () => {
  const { db } = database
  await tell(db, 'sent', '2026-03-04')
  await sql`update analytics_watermark set method = 1`.execute(db)
  await sql`update daily_step_analytics set emails_delivered = 7 where date = '2026-03-05'`.execute(db)
  await rollUp(db)
  expect(await rollUp(db)).toEqual({ events: 0 })
  expect(await readDay('2026-03-04')).toMatchObject({ emails_sent: 1, late_events: 5 })
  expect(await audit(db, always)).toEqual([])
})

test('what is written after a restore is late once, though its month is made before the first pass', async () => {
  const { db } = database
  await rollUp(db)
  const before = await readDay('2026-03-04')
  await restoreElsewhere(db, 'more')
  await tell(db, 'sent', '2026-03-04', april)
  // In the default partition, as if it were written this moment.
  await sql`
    update email_events set recorded_at = '2025-04-07T12:00:00Z', xid = pg_current_xact_id()
     where email_id = ${april}`.execute(db)
  expect(await ensureEventPartitions(db, new Date())).toContain('email_events_delivery_y2025m04')
  await rollUp(db)
  expect(await readDay('2026-03-04')).toMatchObject({ late_events: (before?.late_events ?? 0) + 1 })
  await rollUp(db)
  expect(await readDay('2026-03-04')).toMatchObject({ late_events: (before?.late_events ?? 0) + 1 })
  expect(await audit(db, always)).toEqual([])
})
