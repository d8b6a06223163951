import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Engagement, recordEngagement } from '../../src/analytics/event-store.ts'
import { recordAnswer } from '../../src/sending/answer-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Campaign,
  type CampaignStep,
  type Email,
  insertCampaign,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
} from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'

let database: TestDatabase
let mailbox: Mailbox
let campaign: Campaign
let steps: CampaignStep[]

beforeAll(async () => {
  database = await createTestDatabase()
  const tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
  ;({ campaign, steps } = await insertCampaign(database.db, tenant.id, [mailbox.id]))
})
afterAll(() => database.close())

let email: Email
beforeEach(async () => {
  const lead = await insertLead(database.db, mailbox.tenant_id)
  const place = { campaign_id: campaign.id, step_id: steps[0]?.id ?? '', lead_id: lead.id }
  email = await insertSentEmail(database.db, mailbox, place)
})

const noon = new Date('2026-03-02T12:00:00Z')
const earlier = new Date('2026-03-02T11:00:00Z')

const opening = (overrides: Partial<Engagement> = {}): Engagement => ({
  tenantId: email.tenant_id,
  emailId: email.id,
  requestId: 'one',
  type: 'opened',
  at: noon,
  machine: null,
  ...overrides,
})

const record = (...engagements: Engagement[]) =>
  database.db.transaction().execute((trx) => recordEngagement(trx, engagements))

const read = () =>
  database.db.selectFrom('emails').selectAll().where('id', '=', email.id).executeTakeFirstOrThrow()

const listEvents = () =>
  database.db.selectFrom('email_events').selectAll().where('email_id', '=', email.id).execute()

test('an open carries all that it is counted by, and the first one is noted on the ledger', async () => {
  const url = 'https://example.test/a'
  await record(
    opening({ ip: '203.0.113.7', userAgent: 'Firefox' }),
    opening({ requestId: 'two', at: earlier }),
    opening({ requestId: 'three', type: 'clicked', url }),
  )
  expect(await read()).toMatchObject({ opened_at: earlier, clicked_at: noon })
  const events = await listEvents()
  expect(events).toHaveLength(3)
  for (const event of events)
    expect(event).toMatchObject({
      class: 'engagement',
      tenant_id: email.tenant_id,
      campaign_id: campaign.id,
      step_id: steps[0]?.id,
      lead_id: email.lead_id,
      email_account_id: mailbox.id,
      sent_on: email.sent_on,
      machine: false,
      xid: expect.any(String),
    })
  const opens = await database.db
    .selectFrom('email_opens')
    .selectAll()
    .where('email_id', '=', email.id)
    .execute()
  expect(opens).toContainEqual(
    expect.objectContaining({
      mailbox_id: mailbox.id,
      opened_at: noon,
      ip_address: '203.0.113.7',
      user_agent: 'Firefox',
    }),
  )
  const clicks = await database.db
    .selectFrom('email_clicks')
    .selectAll()
    .where('email_id', '=', email.id)
    .execute()
  expect(clicks).toMatchObject([{ clicked_url: url, clicked_at: noon }])
})

test('a request told twice, at once or later or by two processes, is one event', async () => {
  expect(await record(opening(), opening())).toEqual(new Set(['one']))
  expect(await record(opening({ at: earlier }))).toEqual(new Set())
  await Promise.all([record(opening({ requestId: 'two' })), record(opening({ requestId: 'two' }))])
  expect(await listEvents()).toHaveLength(2)
  expect((await read()).opened_at).toEqual(noon)
})

test('what a machine opens is kept apart from what people open', async () => {
  await record(opening({ machine: 'apple_privacy' }))
  expect((await read()).opened_at).toBeNull()
  const opens = await database.db
    .selectFrom('email_opens')
    .selectAll()
    .where('email_id', '=', email.id)
    .execute()
  expect(opens).toMatchObject([{ machine: true, machine_reason: 'apple_privacy' }])
})

test('an address is kept without the zone of the machine that saw it', async () => {
  await record(opening({ ip: 'fe80::1%eth0' }))
  const opens = database.db.selectFrom('email_opens').select('ip_address').where('email_id', '=', email.id)
  expect(await opens.execute()).toEqual([{ ip_address: 'fe80::1' }])
})

test('nothing that a client claims fails the batch: no such email, no address, a time to come', async () => {
  const before = new Date()
  await record(
    opening({ emailId: '00000000-0000-7000-8000-000000000000', requestId: 'nobody' }),
    opening({ ip: "'; drop", userAgent: 'a\0b\ud800', at: new Date('2999-01-01T00:00:00Z') }),
  )
  const [open, ...others] = await database.db
    .selectFrom('email_opens')
    .selectAll()
    .where('email_id', '=', email.id)
    .execute()
  expect(others).toEqual([])
  expect(open).toMatchObject({ ip_address: null })
  expect(open?.opened_at?.getTime()).toBeLessThan(before.getTime() + 60_000)
})

test('an answer read again is the same event, another one is not, and nobody unsubscribes twice', async () => {
  const answer = (type: 'replied' | 'unsubscribed', identity: string) =>
    database.db
      .transaction()
      .execute((trx) =>
        recordAnswer(
          trx,
          { tenantId: email.tenant_id, id: email.id },
          { type, at: noon, identity, data: {} },
        ),
      )
  await answer('replied', 'a')
  await answer('replied', 'a')
  await answer('replied', 'b')
  await answer('unsubscribed', 'c')
  await answer('unsubscribed', 'd')
  expect((await listEvents()).map(({ type }) => type).sort()).toEqual(['replied', 'replied', 'unsubscribed'])
  expect(await read()).toMatchObject({ replied_at: noon, unsubscribed_at: noon })
  const replies = await database.db
    .selectFrom('email_replies')
    .selectAll()
    .where('email_id', '=', email.id)
    .execute()
  expect(replies).toHaveLength(2)
})
