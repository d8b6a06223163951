import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { setCompletedCampaigns } from '../../src/campaigns/store.ts'
import { newId } from '../../src/core/ids.ts'
import { previewRetry, retryFailed } from '../../src/jobs/retry-failed.ts'
import { listEmails, listTimeline } from '../../src/sending/email-list-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Campaign,
  type CampaignStep,
  type Email,
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { insertSentEmail, insertSubmittingEmail } from '../support/inbound.ts'
import { claimFor, findEmail, listWakes, outcomeOf, readBudgets, settle } from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox
let campaign: Campaign
let step: CampaignStep | undefined

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  const { db } = database
  tenant = await insertTenant(db)
  mailbox = await insertMailbox(db, tenant.id)
  const made = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}], enrolled_at: new Date() })
  campaign = made.campaign
  step = made.steps[0]
})

const filter = (code: string | null = null) => ({ tenantId: tenant.id, campaignId: campaign.id, code })
const retry = (code: string | null = null) => retryFailed(database.db, filter(code), 'robin')

/** A lead of the campaign with one email that is due. */
async function insertEnrolled(): Promise<Email> {
  const { db } = database
  const lead = await insertLead(db, tenant.id)
  const place = { campaign_id: campaign.id, lead_id: lead.id }
  await db
    .insertInto('campaign_leads')
    .values({ ...place, tenant_id: tenant.id, email_account_id: mailbox.id })
    .execute()
  return insertEmail(db, mailbox, { ...place, step_id: step?.id ?? '' })
}

/** Sends so many emails, all of which the server refuses for good. */
async function failSome(count: number, overrides: Parameters<typeof outcomeOf>[2] = {}): Promise<Email[]> {
  const emails: Email[] = []
  for (let n = 0; n < count; n++) emails.push(await insertEnrolled())
  const claimed = await claimFor(database.db, mailbox, count)
  await settle(database.db, ...claimed.map((email) => outcomeOf(email, 'failed', overrides)))
  return Promise.all(emails.map((email) => findEmail(database.db, email)))
}

const enrolmentOf = (email: Email) =>
  database.db
    .selectFrom('campaign_leads')
    .select(['status', 'stopped_code', 'ended_at'])
    .where('lead_id', '=', email.lead_id)
    .executeTakeFirstOrThrow()

test('what was answered, or has shown that it arrived, stays failed whatever the server said', async () => {
  const { db } = database
  const [answered, opened, again] = await failSome(3)
  if (!answered || !opened || !again) throw new Error('none')
  await db.updateTable('emails').set({ opened_at: new Date() }).where('id', '=', opened.id).execute()
  const { lead_id, campaign_id } = answered
  const other = {
    id: newId(),
    tenant_id: tenant.id,
    campaign_id: campaign.id,
    position: 2,
    content_text: 'Hello',
  }
  await db.insertInto('campaign_steps').values(other).execute()
  const sent = { status: 'sent' as const, sent_at: new Date(), sent_on: '2026-01-01', replied_at: new Date() }
  await insertEmail(db, mailbox, { lead_id, campaign_id, step_id: other.id, ...sent })
  expect(await retry()).toEqual({ retried: { recipient_rejected: 1 }, left: { replied: 1, may_be_sent: 1 } })
})

test('what failed goes out again as it is, its sequence and its campaign go on, and who did it is noted', async () => {
  const { db } = database
  const [email] = await failSome(1)
  if (!email) throw new Error('none')
  await setCompletedCampaigns(db)
  expect(await enrolmentOf(email)).toMatchObject({ status: 'stopped', stopped_code: 'recipient_rejected' })
  expect(await previewRetry(db, filter())).toEqual({ retried: { recipient_rejected: 1 }, left: {} })
  expect((await findEmail(db, email)).status).toBe('failed')
  await db.deleteFrom('lane_wakes').execute()

  expect(await retry()).toEqual({ retried: { recipient_rejected: 1 }, left: {} })
  expect(await enrolmentOf(email)).toEqual({ status: 'active', stopped_code: null, ended_at: null })
  expect(await listWakes(db, mailbox)).toHaveLength(1)
  expect(await readBudgets(db, mailbox)).toMatchObject({ days: [0], rolling: 0 })
  const [again] = await claimFor(db, mailbox, 5)
  expect(again).toMatchObject({ id: email.id, attempt: 2, messageId: email.message_id, ref: email.ref })
  expect(await readBudgets(db, mailbox)).toMatchObject({ days: [1], rolling: 1 })
  const audit = db.selectFrom('audit_log').selectAll().where('entity_id', '=', campaign.id)
  expect(await audit.execute()).toMatchObject([
    { actor: 'robin', action: 'emails.retried', details: { emails: [email.id], reasonCode: null } },
  ])
  expect(await retry()).toEqual({ retried: {}, left: {} })
  expect((await listTimeline(db, tenant.id, email.id)).map(({ what }) => what)).toEqual([
    'planned',
    'failed',
    'deferred',
  ])
})

test('only those of the reason, and never one that was sent, is unknown, or may have been sent', async () => {
  const { db } = database
  const [content] = await failSome(1, { code: 'content' })
  const [refused, doubled] = await failSome(2)
  if (!content || !refused || !doubled) throw new Error('none')
  const inCampaign = { campaign_id: campaign.id, step_id: step?.id ?? '' }
  const sent = await insertSentEmail(db, mailbox, inCampaign)
  const doubt = {
    status: 'unknown' as const,
    reason_code: 'reply_timeout',
    error_message: 'x',
    lease_until: null,
  }
  const unknown = await insertSubmittingEmail(db, mailbox, { ...inCampaign, ...doubt })
  await db.updateTable('emails').set({ duplicate_suspected: true }).where('id', '=', doubled.id).execute()
  expect(await retry('content')).toEqual({ retried: { content: 1 }, left: {} })
  expect(await retry()).toEqual({ retried: { recipient_rejected: 1 }, left: { may_be_sent: 1 } })
  const status = async (email: Email) => (await findEmail(db, email)).status
  expect(await Promise.all([content, refused, doubled, sent, unknown].map(status))).toEqual([
    'scheduled',
    'scheduled',
    'failed',
    'sent',
    'unknown',
  ])
})

test('suppressed addresses, replies and removed mailboxes still hold', async () => {
  const { db } = database
  const [suppressed, replied, free] = await failSome(3)
  if (!suppressed || !replied || !free) throw new Error('none')
  const entry = {
    scope: 'address',
    value: suppressed.to_address,
    reason: 'unsubscribe',
    source: 'unsubscribe',
  } as const
  await db
    .insertInto('suppressions')
    .values({ id: newId(), tenant_id: tenant.id, ...entry })
    .execute()
  const enrolment = db.updateTable('campaign_leads').where('lead_id', '=', replied.lead_id)
  await enrolment.set({ stopped_code: 'replied', stopped_reason: 'the lead replied' }).execute()
  const held = { suppressed: 1, enrolment_ended: 1 }
  expect(await retry()).toEqual({ retried: { recipient_rejected: 1 }, left: held })
  expect((await enrolmentOf(replied)).status).toBe('stopped')
  await failSome(1)
  await db.updateTable('email_accounts').set({ status: 'removed' }).where('id', '=', mailbox.id).execute()
  expect(await retry()).toMatchObject({ retried: {}, left: { mailbox_removed: 3 } })
})

test('emails are listed by state, campaign, mailbox and reason', async () => {
  const { db } = database
  const [failed] = await failSome(1, { replyText: '5.1.1 no such user' })
  await insertEmail(db, mailbox)
  const list = (rest: object) => listEmails(db, { tenantId: tenant.id, limit: 10, ...rest })
  expect(await list({})).toHaveLength(2)
  expect(await list({ status: 'failed', campaignId: campaign.id, mailboxId: mailbox.id })).toMatchObject([
    { id: failed?.id, code: 'recipient_rejected', reply: '550 5.1.1 no such user', step: 1 },
  ])
  expect(await list({ code: 'greylisted' })).toEqual([])
  expect(await list({ limit: 1 })).toHaveLength(1)
})

test('from the command line', async () => {
  const [failed] = await failSome(1)
  const run = (...args: string[]) =>
    rookery(['emails', ...args, '--tenant', tenant.name], { env: { DATABASE_URL: database.url } })
  const name = campaign.campaign_name
  const [list, show, dry] = await Promise.all([
    run('list', '--status', 'failed', '--campaign', name, '--json'),
    run('show', failed?.id ?? ''),
    run('retry-failed', '--campaign', name, '--dry-run'),
  ])
  expect(JSON.parse(list.stdout)).toMatchObject([{ id: failed?.id }])
  expect(show.stdout).toMatch(/It failed on .*550/)
  expect(show.stdout).toMatch(/failed +1 +code: recipient_rejected/)
  expect(dry.stdout).toContain('1 email would go out again.')
  expect(await run('retry-failed', '--campaign', name)).toMatchObject({ code: 0, stderr: '' })
  expect((await findEmail(database.db, { id: failed?.id ?? '' })).status).toBe('scheduled')
})
