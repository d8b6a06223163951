import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { promoteToSent } from '../../src/sending/proof-store.ts'
import { settleEmails } from '../../src/sending/settle-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Email,
  insertCampaign,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
} from '../support/factories.ts'
import { insertSubmittingEmail } from '../support/inbound.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  const tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id, { timezone: 'Pacific/Kiritimati' })
})

const prove = (email: Email) =>
  database.db
    .transaction()
    .execute((trx) => promoteToSent(trx, [{ tenantId: email.tenant_id, id: email.id }]))

const read = (email: Email) =>
  database.db.selectFrom('emails').selectAll().where('id', '=', email.id).executeTakeFirstOrThrow()

const events = async (email: Email) =>
  (
    await database.db.selectFrom('email_events').select('type').where('email_id', '=', email.id).execute()
  ).map(({ type }) => type)

const unknown = { status: 'unknown', reason_code: 'lease_lapsed', error_message: 'the worker died' } as const

test('an email that is proven was sent when it was claimed, on the day of its mailbox', async () => {
  const claimed_at = new Date('2026-03-01T12:00:00Z')
  const email = await insertSubmittingEmail(database.db, mailbox, { ...unknown, claimed_at })
  expect(await prove(email)).toEqual(new Set([email.id]))
  expect(await read(email)).toMatchObject({
    status: 'sent',
    sent_at: claimed_at,
    sent_on: '2026-03-02',
    lease_until: null,
    reason_code: null,
    error_message: null,
  })
  expect(await events(email)).toEqual(['sent'])
})

test('proven twice, it is sent once', async () => {
  const email = await insertSubmittingEmail(database.db, mailbox)
  await prove(email)
  expect(await prove(email)).toEqual(new Set())
  expect(await events(email)).toEqual(['sent'])
})

test('an email that was put back on the schedule after an attempt is not sent again', async () => {
  const again = await insertSubmittingEmail(database.db, mailbox, { status: 'scheduled' })
  const never = await insertSubmittingEmail(database.db, mailbox, { status: 'scheduled', attempt: 0 })
  await prove(again)
  await prove(never)
  expect((await read(again)).status).toBe('sent')
  expect((await read(never)).status).toBe('scheduled')
})

test('an email that is due again only tomorrow was sent by now', async () => {
  const due_at = new Date(Date.now() + 86_400_000)
  const email = await insertSubmittingEmail(database.db, mailbox, {
    status: 'scheduled',
    claim_id: null,
    claimed_at: null,
    due_at,
  })
  await prove(email)
  const { sent_at, updated_at } = await read(email)
  expect(sent_at?.getTime()).toBeLessThanOrEqual(updated_at.getTime())
})

test('its sequence goes on, unless it has ended', async () => {
  const { db } = database
  const { campaign, steps } = await insertCampaign(db, mailbox.tenant_id, [mailbox.id])
  const enrolled: Email[] = []
  for (const ended of [{}, { status: 'stopped' as const, stopped_code: 'replied' }]) {
    const lead = await insertLead(db, mailbox.tenant_id)
    const place = { campaign_id: campaign.id, lead_id: lead.id }
    const enrolment = { ...place, tenant_id: lead.tenant_id, email_account_id: mailbox.id, ...ended }
    await db.insertInto('campaign_leads').values(enrolment).execute()
    enrolled.push(
      await insertSubmittingEmail(db, mailbox, { ...place, step_id: steps[0]?.id ?? '', ...unknown }),
    )
  }
  for (const email of enrolled) await prove(email)
  const [active, stopped] = await Promise.all(
    enrolled.map(({ lead_id }) =>
      db.selectFrom('campaign_leads').selectAll().where('lead_id', '=', lead_id).executeTakeFirstOrThrow(),
    ),
  )
  expect(active).toMatchObject({ last_step_id: steps[0]?.id, plan_at: expect.any(Date) })
  expect(active?.last_sent_at).toEqual(enrolled[0]?.claimed_at)
  expect(stopped).toMatchObject({ last_step_id: null, plan_at: null })
})

test('a settle that comes later fills in what it knows and counts nothing twice', async () => {
  const email = await insertSubmittingEmail(database.db, mailbox)
  await prove(email)
  const late = {
    tenantId: email.tenant_id,
    id: email.id,
    attempt: email.attempt,
    status: 'sent',
    agoMs: 0,
    delaySeconds: 0,
    countsAsFailure: false,
    giveBack: false,
    code: null,
    reason: null,
    replyCode: 250,
    enhancedStatus: '2.0.0',
    replyText: 'queued as 4711',
    serverMessageId: null,
    subject: 'Hello',
    budgetKeys: [],
  } as const
  await database.db.transaction().execute((trx) => settleEmails(trx, [late]))
  expect(await read(email)).toMatchObject({
    status: 'sent',
    sent_at: email.claimed_at,
    reply_text: 'queued as 4711',
    subject: 'Hello',
  })
  expect(await events(email)).toEqual(['sent'])
})
