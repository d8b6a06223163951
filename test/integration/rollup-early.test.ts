import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordEngagement } from '../../src/analytics/event-store.ts'
import { newId } from '../../src/core/ids.ts'
import type { Db, Trx } from '../../src/db/connect.ts'
import { audit, rebuild, rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { promoteToSent } from '../../src/sending/proof-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { insertSubmittingEmail } from '../support/inbound.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
})
afterAll(() => database.close())

const always = { from: '-infinity', to: 'infinity' }

async function tell(
  db: Db | Trx,
  type: 'sent' | 'bounced' | 'opened',
  day: string | null,
  email_id: string,
  campaign_id: string | null = null,
): Promise<void> {
  await db
    .insertInto('email_events')
    .values({
      class: type === 'opened' ? 'engagement' : 'delivery',
      type,
      id: newId(),
      tenant_id: mailbox.tenant_id,
      email_account_id: mailbox.id,
      email_id,
      campaign_id,
      attempt: 1,
      occurred_at: new Date(),
      sent_on: day,
    })
    .execute()
}

const readDay = (day: string) =>
  database.db.selectFrom('daily_analytics').selectAll().where('date', '=', day).executeTakeFirst()

const readSum = (campaign: string) =>
  database.db
    .selectFrom('campaign_analytics')
    .selectAll()
    .where('campaign_id', '=', campaign)
    .executeTakeFirst()

test('an open of an unknown email is counted once the email is proven to be sent, on that day', async () => {
  const { db } = database
  const unknown = {
    status: 'unknown',
    reason_code: 'lease_lapsed',
    error_message: 'the worker died',
  } as const
  const { tenant_id, id } = await insertSubmittingEmail(db, mailbox, unknown)
  const open = {
    tenantId: tenant_id,
    emailId: id,
    requestId: 'one',
    type: 'opened',
    at: new Date(),
    machine: null,
  } as const
  await db.transaction().execute((trx) => recordEngagement(trx, [open]))
  await rollUp(db)
  await db.transaction().execute((trx) => promoteToSent(trx, [{ tenantId: tenant_id, id }]))
  await rollUp(db)
  const { sent_on } = await db
    .selectFrom('emails')
    .select('sent_on')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  expect(await readDay(sent_on ?? '')).toMatchObject({ emails_sent: 1, emails_opened: 1, open_rate: 100 })
  expect(await audit(db, always)).toEqual([])
})

test('what was told before an email is known to be sent is counted on the day of its sending', async () => {
  const { db } = database
  const campaign = newId()
  await sql`insert into analytics_sealed_days (tenant_id, through) values (null, '2026-03-04')`.execute(db)
  const [opened, answered, late] = [newId(), newId(), newId()]
  await tell(db, 'opened', null, opened, campaign)
  await tell(db, 'opened', null, late, campaign)
  await rollUp(db)
  const writer = await openTransaction(db)
  await tell(writer.trx, 'bounced', null, answered, campaign)
  for (const email of [opened, answered]) await tell(db, 'sent', '2026-03-10', email, campaign)
  // Of a sealed day.
  await tell(db, 'sent', '2026-03-04', late, campaign)
  await rollUp(db)
  expect(await readSum(campaign)).toMatchObject({ sent: 2, delivered: 2, opened_tracked: 1, bounced: 0 })
  await writer.commit()
  await rollUp(db)
  expect(await readSum(campaign)).toMatchObject({ sent: 2, delivered: 1, opened_tracked: 1, bounced: 1 })
  expect(await readDay('2026-03-10')).toMatchObject({ emails_sent: 2, emails_opened: 1, emails_bounced: 1 })
  const lateDay = db
    .selectFrom('daily_analytics')
    .where('campaign_id', '=', campaign)
    .where('late_events', '>', 0)
  expect(await lateDay.select(['date', 'late_events']).execute()).toEqual([
    { date: '2026-03-04', late_events: 2 },
  ])
  expect(await audit(db, always)).toEqual([])
  await rebuild(db)
  expect(await readSum(campaign)).toMatchObject({ sent: 2, delivered: 1, opened_tracked: 1, bounced: 1 })
  expect(await lateDay.select(['date', 'late_events']).execute()).toEqual([
    { date: '2026-03-04', late_events: 2 },
  ])
})

test('what was told on a day before the sending is of an earlier attempt, and on no day of sending', async () => {
  const { db } = database
  const [email, tomorrow] = [newId(), new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10)]
  await tell(db, 'opened', null, email)
  await tell(db, 'sent', tomorrow, email)
  await rollUp(db)
  expect(await readDay(tomorrow)).toMatchObject({ emails_sent: 1, emails_opened: 0 })
  expect(await audit(db, always)).toEqual([])
})
