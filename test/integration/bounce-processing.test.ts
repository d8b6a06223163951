import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { bounceProcessing } from '../../src/jobs/bounce-processing.ts'
import { settleEmails } from '../../src/sending/settle-store.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { complaint, deliveryReport } from '../support/delivery-reports.ts'
import {
  type CampaignStep,
  type Email,
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Lead,
  type Mailbox,
} from '../support/factories.ts'
import { insertInboundMessage, insertSentEmail, insertSubmittingEmail } from '../support/inbound.ts'
import { providerReports } from '../unit/bounces/reports/provider-reports.ts'
import type { ReportCase } from '../unit/bounces/reports/report-case.ts'
import { serverReports } from '../unit/bounces/reports/server-reports.ts'
import { standardReports } from '../unit/bounces/reports/standard-reports.ts'

const day = 86_400_000

let database: TestDatabase
let mailbox: Mailbox
let campaignId: string
let steps: CampaignStep[]

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  mailbox = await insertMailbox(db, tenant.id)
  const created = await insertCampaign(db, tenant.id, [mailbox.id])
  campaignId = created.campaign.id
  steps = created.steps
})

const log = createLogger({ level: 'error', format: 'json', name: 'test', output: { fd: 2 } })

type Ref = Awaited<ReturnType<typeof insertInboundMessage>>

const running = { id: 'job', attempt: 1, signal: new AbortController().signal }

/** A process of its own for each reference when there are several: they meet in the database only. */
const work = (...refs: Ref[]): Promise<Outcome[]> =>
  Promise.all(refs.map((ref) => bounceProcessing({ db: database.db, log, coalesceMs: 0 })(ref, running)))

async function arrive(message: string, at?: Date): Promise<Ref> {
  const ref = await insertInboundMessage(database.db, mailbox, message, at ? { internal_date: at } : {})
  await work(ref)
  return ref
}

async function enrol(): Promise<Lead> {
  const lead = await insertLead(database.db, mailbox.tenant_id)
  await database.db
    .insertInto('campaign_leads')
    .values({
      tenant_id: mailbox.tenant_id,
      campaign_id: campaignId,
      lead_id: lead.id,
      email_account_id: mailbox.id,
    })
    .execute()
  return lead
}

const ofStep = (lead: Lead, step: 0 | 1) => ({
  campaign_id: campaignId,
  lead_id: lead.id,
  step_id: steps[step]?.id ?? '',
})

async function sendTo(lead: Lead, overrides: Parameters<typeof insertSentEmail>[2] = {}): Promise<Email> {
  return insertSentEmail(database.db, mailbox, { ...ofStep(lead, 0), ...overrides })
}

const readEmail = (email: Email) =>
  database.db.selectFrom('emails').selectAll().where('id', '=', email.id).executeTakeFirstOrThrow()

const readReport = ({ messageId }: Ref) =>
  database.db.selectFrom('email_messages').selectAll().where('id', '=', messageId).executeTakeFirstOrThrow()

const readEnrolment = (lead: Lead) =>
  database.db
    .selectFrom('campaign_leads')
    .selectAll()
    .where('lead_id', '=', lead.id)
    .executeTakeFirstOrThrow()

const listEvents = (email: Email) =>
  database.db
    .selectFrom('email_events')
    .selectAll()
    .where('email_id', '=', email.id)
    .orderBy('type')
    .execute()

const listFacts = () =>
  database.db.selectFrom('email_bounces').selectAll().where('tenant_id', '=', mailbox.tenant_id).execute()

const listSuppressions = () =>
  database.db.selectFrom('suppressions').selectAll().where('tenant_id', '=', mailbox.tenant_id).execute()

const readCounters = () =>
  database.db
    .selectFrom('delivery_counters')
    .select(['subject_type', 'subject', 'hard', 'soft', 'blocked', 'complaints'])
    .where('tenant_id', '=', mailbox.tenant_id)
    .orderBy('subject_type')
    .execute()

/** A refusal of the only recipient, with our message's ID. */
const refusal = (
  email: Email,
  recipient: { status?: string; action?: string; diagnostic?: string; address?: string } = {},
): string =>
  deliveryReport({
    mailbox: mailbox.email_address,
    recipients: [{ address: email.to_address, ...recipient }],
    returned: { messageId: email.message_id ?? '', from: mailbox.email_address },
  })

describe('a report about a dead address', () => {
  test('is written to the ledger, the events and the counters; the lead is left alone from then on', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const followUp = await insertEmail(database.db, mailbox, ofStep(lead, 1))
    const ref = await arrive(refusal(email))

    const at = (await readReport(ref)).internal_date
    expect(await readEmail(email)).toMatchObject({
      bounced_at: at,
      bounce_type: 'hard',
      bounce_reason: 'invalid_recipient',
    })
    expect(await listEvents(email)).toMatchObject([
      {
        class: 'delivery',
        type: 'bounced',
        occurred_at: at,
        sent_on: email.sent_on,
        data: { status: '5.1.1' },
      },
    ])
    expect(await listFacts()).toMatchObject([
      { address: lead.email, bounce_class: 'invalid_recipient', smtp_code: 550, address_dead: true },
    ])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', stopped_code: 'bounced' })
    expect(await listSuppressions()).toMatchObject([
      {
        value: lead.email,
        reason: 'invalid_recipient',
        source: 'bounce',
        expires_at: null,
        evidence: { reportId: ref.messageId, status: '5.1.1', smtpCode: '550', events: 1 },
      },
    ])
    expect(await readEmail(followUp)).toMatchObject({ status: 'skipped', reason_code: 'suppressed' })
    const counted = { hard: 1, soft: 0, blocked: 0, complaints: 0 }
    expect(await readCounters()).toEqual([
      { subject_type: 'mailbox', subject: mailbox.id, ...counted },
      { subject_type: 'recipient_domain', subject: 'recipient.test', ...counted },
    ])
    expect(await readReport(ref)).toMatchObject({
      status: 'processed',
      email_id: email.id,
      campaign_id: campaignId,
      lead_id: lead.id,
      matched_by: 'message_id',
    })
  })

  test('acts once when its job runs again', async () => {
    const email = await sendTo(await enrol())
    const ref = await arrive(refusal(email))
    expect(await work(ref)).toEqual([{ kind: 'done', changed: 0 }])
    expect(await listEvents(email)).toHaveLength(1)
    expect(await readCounters()).toMatchObject([{ hard: 1 }, { hard: 1 }])
  })

  test('acts once when several processes have it at the same time', async () => {
    const email = await sendTo(await enrol())
    const ref = await insertInboundMessage(database.db, mailbox, refusal(email))
    const outcomes = await work(ref, ref, ref, ref, ref)
    expect(outcomes.filter((outcome) => outcome.kind === 'done' && outcome.changed === 1)).toHaveLength(1)
    expect(await listEvents(email)).toHaveLength(1)
  })

  test('that comes twice, by two servers, counts once, and the first moment stands', async () => {
    const email = await sendTo(await enrol())
    const first = new Date(Date.now() - 30_000)
    const refs = [
      await insertInboundMessage(database.db, mailbox, refusal(email), { internal_date: first }),
      await insertInboundMessage(
        database.db,
        mailbox,
        refusal(email, { diagnostic: 'smtp; 550 No such user' }),
      ),
    ]
    for (const ref of refs) await work(ref)
    expect(await listFacts()).toHaveLength(2)
    expect(await listEvents(email)).toHaveLength(1)
    expect((await readEmail(email)).bounced_at).toEqual(first)
    expect(await readCounters()).toMatchObject([{ hard: 1 }, { hard: 1 }])
  })
})

describe('proof', () => {
  test('a report about an email that is still on the wire proves it sent; the settle fills the gaps', async () => {
    const lead = await enrol()
    const email = await insertSubmittingEmail(database.db, mailbox, ofStep(lead, 0))
    await arrive(refusal(email))
    expect(await readEmail(email)).toMatchObject({
      status: 'sent',
      sent_at: email.claimed_at,
      bounce_type: 'hard',
      reply_code: null,
    })
    await database.db.transaction().execute((trx) => settleEmails(trx, [acceptance(email)]))
    expect(await readEmail(email)).toMatchObject({
      status: 'sent',
      sent_at: email.claimed_at,
      reply_code: 250,
    })
    expect((await listEvents(email)).map(({ type }) => type)).toEqual(['bounced', 'sent'])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', plan_at: null })
  })

  test('an unknown email that a success report speaks of is sent, and its sequence goes on', async () => {
    const lead = await enrol()
    const email = await insertSubmittingEmail(database.db, mailbox, {
      ...ofStep(lead, 0),
      status: 'unknown',
      reason_code: 'lost',
      error_message: 'the connection was lost',
    })
    await arrive(refusal(email, { action: 'delivered', status: '2.0.0', diagnostic: 'smtp; 250 OK' }))
    expect(await readEmail(email)).toMatchObject({ status: 'sent', bounced_at: null })
    expect(await listFacts()).toEqual([])
    expect((await readEnrolment(lead)).plan_at).not.toBeNull()
  })
})

const acceptance = (email: Email) => ({
  tenantId: email.tenant_id,
  id: email.id,
  attempt: email.attempt,
  status: 'sent' as const,
  agoMs: 0,
  delaySeconds: 0,
  countsAsFailure: false,
  giveBack: false,
  code: null,
  reason: null,
  replyCode: 250,
  enhancedStatus: '2.0.0',
  replyText: 'queued',
  serverMessageId: null,
  subject: 'Quick question',
  budgetKeys: [],
})

describe('matching', () => {
  const ours = (email: Email, text: string): string =>
    text
      .replaceAll('<c1-42@sender.example>', email.message_id ?? '')
      .replaceAll('lena@sender.example', mailbox.email_address)
      .replaceAll('kai@example.org', email.to_address)

  const formats: ReportCase[] = [...standardReports, ...serverReports, ...providerReports]

  test.each(formats.map((one) => [one.format, one] as const))('%s', async (_format, { message }) => {
    const email = await sendTo(await enrol())
    const ref = await arrive(ours(email, message))
    expect(await readReport(ref)).toMatchObject({ status: 'processed', email_id: email.id })
    expect((await listFacts()).map(({ address }) => address)).toEqual([email.to_address])
  })

  test('a token in the address that the report came to', async () => {
    const email = await sendTo(await enrol())
    const [local, domain] = mailbox.email_address.split('@')
    const message = deliveryReport({
      mailbox: `${local}+${email.ref}@${domain}`,
      recipients: [{ address: 'somebody@far.test' }],
    })
    expect(await readReport(await arrive(message))).toMatchObject({ email_id: email.id, matched_by: 'verp' })
  })

  test('the ID that the server gave the message, our own reference, and what the report answers', async () => {
    const recipients = [{ address: 'somebody@far.test' }]
    const report = { mailbox: mailbox.email_address, recipients }
    const [a, b, c] = await Promise.all([1, 2, 3].map(async () => sendTo(await enrol())))
    if (!a || !b || !c) throw new Error('three emails')
    await database.db
      .updateTable('emails')
      .set({ server_message_id: '<0101@email.amazonses.com>' })
      .where('id', '=', a.id)
      .execute()
    const rewritten = await arrive(
      deliveryReport({ ...report, returned: { messageId: '<0101@email.amazonses.com>' } }),
    )
    expect(await readReport(rewritten)).toMatchObject({ email_id: a.id, matched_by: 'message_id' })
    const referred = await arrive(
      deliveryReport({ ...report, returned: { messageId: '<else@far.test>', ref: b.ref ?? '' } }),
    )
    expect(await readReport(referred)).toMatchObject({ email_id: b.id, matched_by: 'ref' })
    const answering = await arrive(deliveryReport({ ...report, headers: `In-Reply-To: ${c.message_id}` }))
    expect(await readReport(answering)).toMatchObject({ email_id: c.id, matched_by: 'thread' })
  })

  test('behind a forwarder it is the address that we mailed that is suppressed', async () => {
    const email = await sendTo(await enrol())
    await arrive(refusal(email, { address: 'new.home@elsewhere.test' }))
    expect(await listSuppressions()).toMatchObject([{ value: email.to_address }])
    expect(await listFacts()).toMatchObject([{ evidence: { reportedAddress: 'new.home@elsewhere.test' } }])
  })

  test('an Original-Recipient names the address that we mailed, where nothing was returned', async () => {
    const email = await sendTo(await enrol())
    const recipients = [{ address: 'new.home@elsewhere.test', original: email.to_address }]
    const ref = await arrive(deliveryReport({ mailbox: mailbox.email_address, recipients }))
    expect(await readReport(ref)).toMatchObject({ email_id: email.id, matched_by: 'original_recipient' })
  })

  test('each of several recipients is matched to its own email; strangers among them to none', async () => {
    const emails = [await sendTo(await enrol()), await sendTo(await enrol()), await sendTo(await enrol())]
    const [dead, full, slow] = emails.map(({ to_address }) => to_address)
    await arrive(
      deliveryReport({
        mailbox: mailbox.email_address,
        recipients: [
          { address: dead ?? '' },
          { address: full ?? '', status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' },
          {
            address: slow ?? '',
            status: '4.4.1',
            action: 'delayed',
            diagnostic: 'smtp; 451 4.4.1 No answer',
          },
          { address: 'stranger@far.test' },
        ],
      }),
    )
    const facts = (await listFacts()).map(({ address, bounce_type }) => [address, bounce_type])
    expect(new Map(facts as [string, string][])).toEqual(
      new Map([
        [dead, 'hard'],
        [full, 'soft'],
        [slow, 'delayed'],
      ]),
    )
    expect(await listSuppressions()).toMatchObject([{ value: dead }])
  })

  test('a recipient alone matches for seven days, and not before it was mailed', async () => {
    const email = await sendTo(await enrol())
    const recipients = [{ address: email.to_address }]
    const report = () => deliveryReport({ mailbox: mailbox.email_address, recipients })
    await database.db
      .updateTable('emails')
      .set({ sent_at: new Date(Date.now() - 8 * day), claimed_at: new Date(Date.now() - 8 * day) })
      .where('id', '=', email.id)
      .execute()
    expect(await readReport(await arrive(report()))).toMatchObject({ status: 'unmatched', email_id: null })
    const early = new Date(Date.now() - 9 * day)
    expect(await readReport(await arrive(report(), early))).toMatchObject({ status: 'unmatched' })
    const inTime = new Date(Date.now() - 2 * day)
    expect(await readReport(await arrive(report(), inTime))).toMatchObject({ matched_by: 'recency' })
  })

  test('backscatter is kept, with why, and nothing is done to anybody', async () => {
    const elsewhere = await insertMailbox(database.db, mailbox.tenant_id)
    const email = await insertSentEmail(database.db, elsewhere, ofStep(await enrol(), 0))
    // Each names an address that another mailbox wrote to, or a message that is not ours.
    const own = await sendTo(await enrol())
    const refs = [
      await arrive(refusal(email)),
      await arrive(refusal({ ...email, message_id: '<forged@far.test>' })),
      await arrive(
        deliveryReport({
          mailbox: mailbox.email_address,
          recipients: [{ address: own.to_address }],
          returned: { messageId: '<spam@far.test>', from: 'joe@job.test' },
        }),
      ),
    ]
    for (const ref of refs)
      expect(await readReport(ref)).toMatchObject({ status: 'unmatched', reason: expect.any(String) })
    expect([await listFacts(), await listSuppressions(), await readCounters()]).toEqual([[], [], []])
  })

  test('mail that is no report is unmatched, a body that does not unpack unreadable', async () => {
    const other = await arrive('From: ada@oak.test\nSubject: Hello\n\nThanks, let us talk.\n')
    expect(await readReport(other)).toMatchObject({
      status: 'unmatched',
      reason: expect.stringContaining('report'),
    })
    const broken = await insertInboundMessage(database.db, mailbox, 'broken')
    await database.db
      .updateTable('email_bodies')
      .set({ body: Buffer.from('not brotli') })
      .execute()
    await work(broken)
    expect(await readReport(broken)).toMatchObject({ status: 'unreadable' })
  })
})

describe('complaints', () => {
  test('with a redacted recipient reach the lead by our Message-ID, and are for ever', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    await arrive(
      complaint({ mailbox: mailbox.email_address, returned: { messageId: email.message_id ?? '' } }),
    )
    expect(await readEmail(email)).toMatchObject({ complained_at: expect.any(Date), bounced_at: null })
    expect(await listEvents(email)).toMatchObject([{ class: 'engagement', type: 'complained' }])
    expect(await listSuppressions()).toMatchObject([
      { value: lead.email, reason: 'complaint', source: 'complaint', expires_at: null },
    ])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', stopped_code: 'complained' })
    expect(await readCounters()).toMatchObject([{ complaints: 1, hard: 0 }, { complaints: 1 }])
  })

  test.each(['auth-failure', 'not-spam'])('%s is recorded and touches nobody', async (feedbackType) => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const returned = { messageId: email.message_id ?? '' }
    await arrive(complaint({ mailbox: mailbox.email_address, feedbackType, recipient: lead.email, returned }))
    expect(await listFacts()).toMatchObject([{ bounce_type: 'other', bounce_class: 'report' }])
    expect([await listEvents(email), await listSuppressions(), await readCounters()]).toEqual([[], [], []])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'active' })
  })

  test('an opt-out unsubscribes, once', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const optOut = () =>
      complaint({
        mailbox: mailbox.email_address,
        feedbackType: 'opt-out',
        returned: { messageId: email.message_id ?? '' },
      })
    await arrive(optOut())
    await arrive(optOut())
    expect(await listEvents(email)).toMatchObject([{ type: 'unsubscribed' }])
    expect(await listSuppressions()).toMatchObject([{ source: 'unsubscribe', expires_at: null }])
    expect(await readEnrolment(lead)).toMatchObject({ stopped_code: 'unsubscribed' })
  })
})

describe('failures that may pass', () => {
  const full = (email: Email) =>
    refusal(email, { status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' })
  const daysAgo = (days: number) => new Date(Date.now() - days * day)

  test('suppress at the third full mailbox over fourteen days, for 180 days', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    await arrive(full(email), daysAgo(20))
    await arrive(full(email), daysAgo(19))
    const second = await insertSentEmail(database.db, mailbox, { to_address: lead.email })
    await arrive(full(second), daysAgo(10))
    expect(await listSuppressions()).toEqual([])
    const third = await insertSentEmail(database.db, mailbox, { to_address: lead.email })
    const last = await arrive(full(third), daysAgo(1))
    const { internal_date } = await readReport(last)
    expect(await listSuppressions()).toMatchObject([
      {
        reason: 'mailbox_full',
        evidence: { events: 3 },
        expires_at: new Date(internal_date.getTime() + 180 * day),
      },
    ])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', stopped_code: 'suppressed' })
  })

  test('begin anew after an answer, and follow what the tenant has set', async () => {
    await database.db
      .updateTable('tenants')
      .set({
        settings: JSON.stringify({
          suppressionPolicy: { reasons: { mailbox_full: { events: 2 } }, expireDays: 10 },
        }),
      })
      .where('id', '=', mailbox.tenant_id)
      .execute()
    const lead = await enrol()
    const first = await sendTo(lead, { replied_at: daysAgo(3) })
    await arrive(full(first), daysAgo(4))
    const second = await insertSentEmail(database.db, mailbox, { to_address: lead.email })
    await arrive(full(second), daysAgo(2))
    expect(await listSuppressions()).toEqual([])
    const third = await insertSentEmail(database.db, mailbox, { to_address: lead.email })
    const at = daysAgo(1)
    await arrive(full(third), at)
    expect(await listSuppressions()).toMatchObject([{ expires_at: new Date(at.getTime() + 10 * day) }])
  })

  test('counted by processes at the same time are counted right', async () => {
    const lead = await enrol()
    const emails = [await sendTo(lead)]
    for (let n = 0; n < 2; n += 1)
      emails.push(await insertSentEmail(database.db, mailbox, { to_address: lead.email }))
    const refs = []
    for (const [n, email] of emails.entries())
      refs.push(
        await insertInboundMessage(database.db, mailbox, full(email), { internal_date: daysAgo(20 - 9 * n) }),
      )
    await work(...refs)
    expect(await listSuppressions()).toMatchObject([{ reason: 'mailbox_full' }])
  })

  test('a delay holds the follow-up for a day and is no bounce', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const followUp = await insertEmail(database.db, mailbox, ofStep(lead, 1))
    const ref = await arrive(
      refusal(email, { status: '4.4.1', action: 'delayed', diagnostic: 'smtp; 451 4.4.1 No answer' }),
    )
    const { internal_date } = await readReport(ref)
    expect(await readEnrolment(lead)).toMatchObject({
      status: 'active',
      held_until: new Date(internal_date.getTime() + day),
    })
    expect((await readEmail(email)).bounced_at).toBeNull()
    expect((await readEmail(followUp)).due_at).toEqual(new Date(internal_date.getTime() + day))
    expect([await listEvents(email), await readCounters()]).toEqual([[], []])
  })

  test('a refusal for our own sake counts against us and not against the address', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    await arrive(
      refusal(email, {
        status: '5.7.1',
        diagnostic:
          'smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
      }),
    )
    expect(await readEmail(email)).toMatchObject({ bounce_type: 'soft', bounce_reason: 'sender_blocked' })
    expect(await readCounters()).toMatchObject([{ blocked: 1, soft: 0 }, { blocked: 1 }])
    expect(await listSuppressions()).toEqual([])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'active' })
  })

  test('a domain that is not there is suppressed whole, with proof that we mailed it', async () => {
    const email = await sendTo(await enrol(), { to_address: 'kai@gone.test' })
    await arrive(
      refusal(email, {
        status: '5.1.2',
        diagnostic: 'smtp; 550 5.1.2 Host or domain name not found (NXDOMAIN)',
      }),
    )
    expect(await listSuppressions()).toMatchObject([{ scope: 'domain', value: 'gone.test' }])
    const other = await sendTo(await enrol(), { to_address: 'kai@lost.test' })
    await arrive(refusal(other, { status: '5.1.2', diagnostic: 'smtp; 550 5.1.2 Bad destination system' }))
    expect((await listSuppressions()).map(({ value }) => value)).toContain('kai@lost.test')
  })
})
