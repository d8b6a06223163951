import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { planFollowUps } from '../../src/jobs/scheduler/plan-follow-ups.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import {
  autoReply,
  humanReply,
  outOfOffice,
  typedUnsubscribe,
  unsubscribeRequest,
} from '../../src/lab/replies.ts'
import type { ReplyContext } from '../../src/lab/reply-message.ts'
import { hardBounce } from '../../src/lab/reports.ts'
import { findSuppressions } from '../../src/suppression/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  alwaysOpen,
  type Campaign,
  type CampaignStep,
  type Email,
  insertCampaign,
  insertEmail,
  insertLead,
  insertTenant,
  type Lead,
  type Mailbox,
  mint,
} from '../support/factories.ts'
import { insertSentEmail, insertSubmittingEmail } from '../support/inbound.ts'
import { insertImapMailbox, openInbox } from '../support/inbox.ts'

let database: TestDatabase
let farm: ImapFarm
let inbox: Awaited<ReturnType<typeof openInbox>>
let mailbox: Mailbox
let campaign: Campaign
let steps: CampaignStep[]

beforeAll(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  inbox = await openInbox(database)
})
afterAll(async () => {
  await inbox.close()
  await farm.close()
  await database.close()
})
beforeEach(() => newCampaign())

async function newCampaign(configuration: object = {}): Promise<void> {
  const { db } = database
  const tenant = await insertTenant(db)
  const username = `${mint('ann')}@lab.test`
  mailbox = await insertImapMailbox(db, tenant.id, { port: farm.port, username, password: farm.password })
  const all = { window: alwaysOpen, holidays: [], ...configuration }
  const made = await insertCampaign(db, tenant.id, [mailbox.id], { configuration: JSON.stringify(all) })
  campaign = made.campaign
  steps = made.steps
}

interface Sequence {
  lead: Lead
  sent: Email
  next: Email
}

/** A lead that got the first step, and whose second is planned for tomorrow. */
async function startSequence(
  address = `${mint('lead')}@company.test`,
  first: typeof insertSentEmail = insertSentEmail,
): Promise<Sequence> {
  const { db } = database
  const lead = await insertLead(db, mailbox.tenant_id, { email: address })
  await enrol(lead)
  const place = { campaign_id: campaign.id, lead_id: lead.id }
  const sent = await first(db, mailbox, { ...place, step_id: steps[0]?.id ?? '' })
  const due_at = new Date(Date.now() + 86_400_000)
  const next = await insertEmail(db, mailbox, { ...place, step_id: steps[1]?.id ?? '', due_at })
  return { lead, sent, next }
}

async function enrol(lead: Lead, overrides: { last_step_id?: string } = {}): Promise<void> {
  const place = { tenant_id: lead.tenant_id, campaign_id: campaign.id, lead_id: lead.id }
  await database.db
    .insertInto('campaign_leads')
    .values({ ...place, email_account_id: mailbox.id, ...overrides })
    .execute()
}

const contextOf = (
  { sent }: { sent: Email },
  overrides: Partial<ReplyContext['original']> = {},
): ReplyContext => ({
  original: {
    messageId: sent.message_id ?? '',
    ref: sent.ref ?? '',
    from: mailbox.email_address,
    to: sent.to_address,
    subject: 'Hello',
    date: sent.claimed_at ?? new Date(),
    ...overrides,
  },
  now: new Date(),
})

/** Delivers a message to the mailbox and syncs it; the row that the message became. */
async function receive(raw: Buffer) {
  farm.deliver(mailbox.email_address, raw)
  await inbox.sync(mailbox)
  return database.db
    .selectFrom('email_messages')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .orderBy('imap_uid', 'desc')
    .executeTakeFirstOrThrow()
}

const email = (id: string) =>
  database.db.selectFrom('emails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

const enrolment = (lead: Lead) =>
  database.db
    .selectFrom('campaign_leads')
    .selectAll()
    .where('lead_id', '=', lead.id)
    .executeTakeFirstOrThrow()

const events = async (id: string) =>
  (await database.db.selectFrom('email_events').select('type').where('email_id', '=', id).execute()).map(
    ({ type }) => type,
  )

test('a reply stops the sequence, and the follow-up that was planned never leaves', async () => {
  const sequence = await startSequence()
  const message = await receive(humanReply(contextOf(sequence)))
  expect(message).toMatchObject({
    message_type: 'reply',
    status: 'processed',
    matched_by: 'message_id',
    email_id: sequence.sent.id,
    lead_id: sequence.lead.id,
    thread_id: sequence.sent.id,
  })
  expect((await email(sequence.sent.id)).replied_at).toEqual(message.internal_date)
  expect(await events(sequence.sent.id)).toEqual(['replied'])
  expect(await enrolment(sequence.lead)).toMatchObject({ status: 'stopped', stopped_code: 'replied' })
  expect(await email(sequence.next.id)).toMatchObject({ status: 'skipped', reason_code: 'replied' })
})

test('a follow-up that is planned while the reply is acted on never leaves either', async () => {
  const { db } = database
  const lead = await insertLead(db, mailbox.tenant_id)
  await enrol(lead, { last_step_id: steps[0]?.id ?? '' })
  const place = { campaign_id: campaign.id, lead_id: lead.id }
  const sent = await insertSentEmail(db, mailbox, { ...place, step_id: steps[0]?.id ?? '' })
  const planner = await db.startTransaction().execute()
  await planner
    .selectFrom('campaign_leads')
    .select('lead_id')
    .where('lead_id', '=', lead.id)
    .forUpdate()
    .execute()
  const next = await insertEmail(planner, mailbox, { ...place, step_id: steps[1]?.id ?? '' })
  const received = receive(humanReply(contextOf({ sent })))
  await eventually(async () => {
    const { rows } = await sql`select 1 from pg_locks where not granted`.execute(db)
    return rows.length > 0
  })
  await planner.commit().execute()
  await received
  expect(await email(next.id)).toMatchObject({ status: 'skipped', reason_code: 'replied' })
})

test('a reply to a campaign that goes on after replies is noted, and stops nothing', async () => {
  await newCampaign({ stopOnReply: false })
  const sequence = await startSequence()
  await receive(humanReply(contextOf(sequence)))
  expect(await events(sequence.sent.id)).toEqual(['replied'])
  expect((await enrolment(sequence.lead)).status).toBe('active')
  expect((await email(sequence.next.id)).status).toBe('scheduled')
})

test('a message without references is an answer to the last email that its writer got from this mailbox', async () => {
  const sequence = await startSequence()
  const fresh = `From: ${sequence.lead.email}\r\nTo: ${mailbox.email_address}\r\nSubject: Your offer\r\n\r\nTell me more.\r\n`
  const message = await receive(Buffer.from(fresh))
  expect(message).toMatchObject({ message_type: 'reply', matched_by: 'recency', email_id: sequence.sent.id })
  expect((await enrolment(sequence.lead)).stopped_code).toBe('replied')
})

test('nothing is done to an address that this mailbox did not write to', async () => {
  const sequence = await startSequence()
  const { db } = database
  const other = await insertImapMailbox(db, mailbox.tenant_id, {
    port: farm.port,
    username: `${mint('ben')}@lab.test`,
    password: farm.password,
  })
  farm.deliver(other.email_address, typedUnsubscribe(contextOf(sequence)))
  await inbox.sync(other)
  const stored = await db
    .selectFrom('email_messages')
    .selectAll()
    .where('email_account_id', '=', other.id)
    .executeTakeFirstOrThrow()
  expect(stored).toMatchObject({ message_type: 'unsubscribe', status: 'unmatched', email_id: null })
  expect((await enrolment(sequence.lead)).status).toBe('active')
  expect(await findSuppressions(db, mailbox.tenant_id, sequence.lead.email)).toEqual([])
})

test('what the owner of the mailbox writes himself is no answer of the lead', async () => {
  const sequence = await startSequence()
  const own = humanReply(contextOf(sequence, { to: mailbox.email_address }))
  expect(await receive(own)).toMatchObject({ status: 'unmatched', email_id: null })
  expect((await enrolment(sequence.lead)).status).toBe('active')
})

test('private mail that answers nothing is listed as unmatched, and its body is not kept', async () => {
  const stranger = `From: mum@home.test\r\nTo: ${mailbox.email_address}\r\nSubject: Sunday\r\n\r\nCake at four?\r\n`
  expect(await receive(Buffer.from(stranger))).toMatchObject({
    message_type: 'other',
    status: 'unmatched',
    body_sha256: null,
  })
})

test('an answer to a private letter is listed, without a word of what it says', async () => {
  const answer = `From: mum@home.test\r\nTo: ${mailbox.email_address}\r\nSubject: Re: Sunday\r\nIn-Reply-To: <by-hand@lab.test>\r\n\r\nCake at four!\r\n`
  const stored = await receive(Buffer.from(answer))
  expect(stored).toMatchObject({ message_type: 'reply', status: 'unmatched', body_sha256: null })
  expect(JSON.stringify(stored.facts)).not.toContain('Cake')
})

test('an out-of-office note holds the sequence until its writer is back', async () => {
  const sequence = await startSequence()
  const backOn = new Date(Date.now() + 14 * 86_400_000)
  await receive(outOfOffice(contextOf(sequence), 'de', backOn))
  const until = new Date(`${civilDate(backOn, 'UTC')}T00:00:00Z`)
  expect(await enrolment(sequence.lead)).toMatchObject({ status: 'active', held_until: until })
  expect(await email(sequence.next.id)).toMatchObject({
    status: 'scheduled',
    due_at: until,
    first_due_at: until,
  })
  expect(await events(sequence.sent.id)).toEqual(['auto_replied'])
})

test('a follow-up that is planned while its lead is away falls due when the lead is back', async () => {
  const { db } = database
  const lead = await insertLead(db, mailbox.tenant_id)
  await enrol(lead, { last_step_id: steps[0]?.id ?? '' })
  const sent = await insertSentEmail(db, mailbox, {
    campaign_id: campaign.id,
    lead_id: lead.id,
    step_id: steps[0]?.id ?? '',
  })
  const backOn = new Date(Date.now() + 14 * 86_400_000)
  await receive(outOfOffice(contextOf({ sent }), 'en', backOn))
  await db
    .updateTable('campaign_leads')
    .set({ plan_at: new Date(), last_sent_at: sent.sent_at })
    .where('lead_id', '=', lead.id)
    .execute()
  await planFollowUps(db)
  const next = await db
    .selectFrom('emails')
    .selectAll()
    .where('lead_id', '=', lead.id)
    .where('status', '=', 'scheduled')
    .executeTakeFirstOrThrow()
  expect(next.due_at).toEqual(new Date(`${civilDate(backOn, 'UTC')}T00:00:00Z`))
})

test('an automatic reply without a date stops nothing, unless the campaign says so', async () => {
  const patient = await startSequence()
  await receive(autoReply(contextOf(patient)))
  expect((await enrolment(patient.lead)).status).toBe('active')
  expect((await email(patient.next.id)).due_at).toEqual(patient.next.due_at)
  await newCampaign({ stopOnAutoReply: true })
  const strict = await startSequence()
  await receive(autoReply(contextOf(strict)))
  expect(await enrolment(strict.lead)).toMatchObject({ status: 'stopped', stopped_code: 'auto_replied' })
  expect(await email(strict.next.id)).toMatchObject({ status: 'skipped', reason_code: 'auto_replied' })
})

test.each([
  ['typed', typedUnsubscribe],
  ['sent by a mail program', unsubscribeRequest],
])('a request to unsubscribe, %s, suppresses the address and ends its sequences', async (_how, write) => {
  const sequence = await startSequence()
  const message = await receive(write(contextOf(sequence)))
  expect(message).toMatchObject({ message_type: 'unsubscribe', status: 'processed' })
  const [suppression] = await findSuppressions(database.db, mailbox.tenant_id, sequence.lead.email)
  expect(suppression).toMatchObject({
    scope: 'address',
    reason: 'unsubscribe',
    evidence: { messageId: message.id, emailId: sequence.sent.id },
  })
  expect(await events(sequence.sent.id)).toEqual(['unsubscribed'])
  expect(await enrolment(sequence.lead)).toMatchObject({ status: 'stopped', stopped_code: 'unsubscribed' })
  expect(await email(sequence.next.id)).toMatchObject({ status: 'skipped', reason_code: 'unsubscribed' })
})

test('a reply stops the campaign for the whole company where it says so, but not for users of free mail', async () => {
  await newCampaign({ stopForCompany: true })
  const writer = await startSequence('boss@acorn.test')
  const colleague = await startSequence('clerk@acorn.test')
  const stranger = await startSequence('boss@oak.test')
  await receive(humanReply(contextOf(writer)))
  expect((await enrolment(writer.lead)).stopped_code).toBe('replied')
  expect(await enrolment(colleague.lead)).toMatchObject({
    status: 'stopped',
    stopped_code: 'company_replied',
  })
  expect((await email(colleague.next.id)).reason_code).toBe('company_replied')
  expect((await enrolment(stranger.lead)).status).toBe('active')
  const one = await startSequence('one@gmail.com')
  const two = await startSequence('two@gmail.com')
  await receive(humanReply(contextOf(one)))
  expect((await enrolment(two.lead)).status).toBe('active')
})

test.each(['submitting', 'unknown'] as const)(
  'a reply to an email that is %s proves that it was sent',
  async (status) => {
    const why = status === 'unknown' ? { reason_code: 'lease_lapsed', error_message: 'the worker died' } : {}
    const sequence = await startSequence(undefined, (db, box, overrides) =>
      insertSubmittingEmail(db, box, { ...overrides, status, ...why }),
    )
    await receive(humanReply(contextOf(sequence)))
    expect(await email(sequence.sent.id)).toMatchObject({
      status: 'sent',
      sent_at: sequence.sent.claimed_at,
      reason_code: null,
      replied_at: expect.any(Date),
    })
    expect((await events(sequence.sent.id)).sort()).toEqual(['replied', 'sent'])
  },
)

test('an automatic reply to an unknown email lets its sequence go on', async () => {
  const { db } = database
  const lead = await insertLead(db, mailbox.tenant_id)
  await enrol(lead)
  const why = { reason_code: 'lease_lapsed', error_message: 'the worker died' }
  const place = { campaign_id: campaign.id, lead_id: lead.id, step_id: steps[0]?.id ?? '' }
  const sent = await insertSubmittingEmail(db, mailbox, { ...place, status: 'unknown', ...why })
  await receive(autoReply(contextOf({ sent })))
  expect((await enrolment(lead)).last_step_id).toBe(steps[0]?.id)
  await planFollowUps(db)
  const ledger = await db.selectFrom('emails').select('step_id').where('lead_id', '=', lead.id).execute()
  expect(ledger.map(({ step_id }) => step_id).sort()).toEqual(steps.map(({ id }) => id).sort())
})

test('a message that only comes from the same address proves nothing about an unknown email', async () => {
  const why = { reason_code: 'lease_lapsed', error_message: 'the worker died' }
  const sequence = await startSequence(undefined, (db, box, overrides) =>
    insertSubmittingEmail(db, box, { ...overrides, status: 'unknown', ...why }),
  )
  const fresh = `From: ${sequence.lead.email}\r\nTo: ${mailbox.email_address}\r\nSubject: Hello\r\n\r\nHello?\r\n`
  expect((await receive(Buffer.from(fresh))).status).toBe('unmatched')
  expect((await email(sequence.sent.id)).status).toBe('unknown')
})

test('a challenge is matched and changes nothing', async () => {
  const sequence = await startSequence()
  const headers = `From: ${sequence.lead.email}\r\nTo: ${mailbox.email_address}\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: ${sequence.sent.message_id}\r\n`
  const words = 'Your message is being held. Please click here to confirm that you are a person.'
  expect(await receive(Buffer.from(`${headers}\r\n${words}\r\n`))).toMatchObject({
    message_type: 'challenge',
    status: 'processed',
    email_id: sequence.sent.id,
  })
  expect(await events(sequence.sent.id)).toEqual([])
  expect((await enrolment(sequence.lead)).status).toBe('active')
})

test('a delivery report is stored whole and handed on in the same transaction', async () => {
  const sequence = await startSequence()
  const raw = hardBounce(contextOf(sequence))
  const message = await receive(raw)
  expect(message).toMatchObject({ message_type: 'report', status: 'pending' })
  const jobs = await inbox.queue.boss.fetch<{ messageId: string }>('bounce-processing', { batchSize: 100 })
  expect(jobs.filter(({ data }) => data.messageId === message.id)).toHaveLength(1)
})
