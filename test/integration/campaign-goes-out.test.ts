import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { listStepFigures } from '../../src/analytics/report-store.ts'
import { parseCampaignFile } from '../../src/campaigns/campaign-file.ts'
import { previewCampaign } from '../../src/campaigns/preview.ts'
import { listStepFunnels } from '../../src/campaigns/report-store.ts'
import { setCampaignLaunched } from '../../src/campaigns/store.ts'
import { createCampaign } from '../../src/cli/campaign-definition.ts'
import { audit, rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  type Campaign,
  insertCampaign,
  insertLead,
  insertMailbox,
  insertTenant,
} from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'

let database: TestDatabase
let provider: SmtpProvider
let fleet: Awaited<ReturnType<typeof startFleet>>
/** What each recipient was sent, in one text. */
const received = new Map<string, string>()

beforeAll(async () => {
  database = await createTestDatabase()
  provider = await startSmtpProvider({
    onBodyChunk: (chunk, { recipient }) =>
      received.set(recipient, (received.get(recipient) ?? '') + chunk.toString('latin1')),
  })
})

beforeEach(async () => {
  fleet = await startFleet(database)
})

afterEach(async () => {
  await fleet.stop()
})

afterAll(async () => {
  await provider.close()
  await database.close()
})

const shortDelay = JSON.stringify({ seconds: 1 })

async function untilCampaign(campaign: Campaign, status: Campaign['status']): Promise<void> {
  const read = () =>
    database.db
      .selectFrom('campaigns')
      .select('status')
      .where('id', '=', campaign.id)
      .executeTakeFirstOrThrow()
  await eventually(async () => (await read()).status === status, { timeoutMs: 40_000 })
}

function emailsOf(campaign: Campaign) {
  return database.db.selectFrom('emails').selectAll().where('campaign_id', '=', campaign.id).execute()
}

test('a two-step campaign reaches every lead once a step, on the mailbox and thread of its first email', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailboxes = [
    await insertMailbox(db, tenant.id, { smtp_port: provider.port }),
    await insertMailbox(db, tenant.id, { smtp_port: provider.port }),
  ]
  for (let n = 0; n < 30; n += 1) await insertLead(db, tenant.id)
  const ids = mailboxes.map((mailbox) => mailbox.id)
  const { campaign, steps } = await insertCampaign(db, tenant.id, ids, {
    steps: [{}, { subject: '', delay: shortDelay }],
  })
  await untilCampaign(campaign, 'completed')

  const emails = await emailsOf(campaign)
  expect(emails.map((email) => email.status)).toEqual(new Array(60).fill('sent'))
  expect(provider.accepted.total).toBe(60)
  expect(provider.accepted.duplicates()).toEqual({})
  const firsts = emails.filter((email) => email.step_id === steps[0]?.id)
  expect(new Set(firsts.map((email) => email.email_account_id))).toEqual(new Set(ids))
  for (const first of firsts) {
    const followUp = emails.find((email) => email.lead_id === first.lead_id && email.id !== first.id)
    expect(followUp).toMatchObject({ email_account_id: first.email_account_id, subject: 'Re: Step 1' })
    expect(received.get(first.to_address)).toContain(`\r\nIn-Reply-To: ${first.message_id}\r\n`)
    expect(received.get(first.to_address)).toContain(`\r\nReferences: ${first.message_id}\r\n`)
  }
})

const trial = `
name: Trial
timezone: UTC
mailboxes: all
window: { days: [mon, tue, wed, thu, fri, sat, sun], hours: ["00:00-24:00"] }
steps:
  - variants:
      - { subject: Short, text: "A word?" , weight: 1 }
      - { subject: Long, text: "A word, or several?", weight: 2 }
  - delay: 1 seconds
    quote_previous: true
    variants:
      - { text: "Again." }
      - { text: "Once more." }
`

test('of the variants of a step each lead gets one, quoted as it was, and the figures tell them apart', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  await insertMailbox(db, tenant.id, { smtp_port: provider.port })
  const parsed = parseCampaignFile(trial)
  if (!parsed.ok) return expect.fail(JSON.stringify(parsed.problems))
  const { campaign } = await createCampaign(db, tenant.id, parsed.definition)
  for (let n = 0; n < 30; n += 1) await insertLead(db, tenant.id)
  const promised = await previewCampaign(db, campaign, 30)
  await setCampaignLaunched(db, campaign)
  await untilCampaign(campaign, 'completed')

  const texts = [undefined, 'A word?', 'A word, or several?']
  const emails = await emailsOf(campaign)
  for (const first of emails.filter((email) => email.subject !== null && !email.is_follow_up)) {
    expect(first.subject).toBe(first.variant === 1 ? 'Short' : 'Long')
    const preview = promised.emails.find((email) => email.to === first.to_address)
    expect(preview?.subject).toBe(first.subject)
    const followUp = emails.find((email) => email.lead_id === first.lead_id && email.is_follow_up)
    expect(followUp?.subject).toBe(`Re: ${first.subject}`)
    expect(received.get(first.to_address)).toContain(
      followUp?.variant === 1 ? '\r\nAgain.' : '\r\nOnce more.',
    )
    expect(received.get(first.to_address)).toContain(`\r\n> ${texts[first.variant ?? 0]}`)
  }

  await rollUp(db)
  const funnels = await listStepFunnels(db, campaign)
  expect(funnels.map(({ position, variant }) => `${position}${variant}`)).toEqual(['1A', '1B', '2A', '2B'])
  const figures = await listStepFigures(db, { tenantId: tenant.id, campaignId: campaign.id })
  expect(figures.map((row) => row.sent)).toEqual(funnels.map((row) => row.sent))
  expect(figures.reduce((sum, row) => sum + row.sent, 0)).toBe(60)
  for (const { sent } of figures) expect(sent).toBeGreaterThan(0)
  expect(await audit(db, { from: '2000-01-01', to: '2100-01-01' })).toEqual([])
})

test('a server that hangs up on one recipient keeps no other email waiting, and that one is put off', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port })
  for (let n = 0; n < 3; n += 1) await insertLead(db, tenant.id, { email: `dropped${n}@drop-rcpt.test` })
  for (let n = 0; n < 10; n += 1) await insertLead(db, tenant.id)
  const { campaign } = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
  await eventually(
    async () => {
      const emails = await emailsOf(campaign)
      expect(emails.filter((email) => email.status === 'sent')).toHaveLength(10)
      expect(emails.filter((email) => email.transient_failures > 0)).toHaveLength(3)
    },
    { timeoutMs: 30_000 },
  )

  const dropped = (await emailsOf(campaign)).filter((email) => email.status !== 'sent')
  expect(dropped.map((email) => email.reason_code)).toEqual(new Array(3).fill('connection_lost'))
  const hosts = await db.selectFrom('smtp_hosts').selectAll().where('opened_until', 'is not', null).execute()
  expect(hosts).toEqual([])
})

test('a campaign whose follow-up has no opening is paused with the reason, and holds up no other', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port })
  await insertLead(db, tenant.id)
  const steps = [{}, { delay: shortDelay }]
  const { campaign: broken } = await insertCampaign(db, tenant.id, [mailbox.id], {
    steps: [{}, { delay: JSON.stringify({ days: 'three' }) }],
  })
  const { campaign: sound } = await insertCampaign(db, tenant.id, [mailbox.id], { steps })
  await untilCampaign(sound, 'completed')
  await untilCampaign(broken, 'paused')
  const row = await db
    .selectFrom('campaigns')
    .selectAll()
    .where('id', '=', broken.id)
    .executeTakeFirstOrThrow()
  expect(row.status_reason).toMatch(/follow-ups cannot be planned/)
})

test('a mailbox whose password does not open says so on its lane', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port, smtp_username: 'robin' })
  await db
    .insertInto('mailbox_credentials')
    .values({
      tenant_id: tenant.id,
      email_account_id: mailbox.id,
      field: 'smtp_password',
      key_id: '00000000',
      sealed: Buffer.alloc(64),
    })
    .execute()
  await insertLead(db, tenant.id)
  await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
  await eventually(async () => {
    const lane = await db
      .selectFrom('sending_lanes')
      .selectAll()
      .where('email_account_id', '=', mailbox.id)
      .where('lane', '=', 'normal')
      .executeTakeFirstOrThrow()
    expect(lane.blocked_code).toBe('credential_unreadable')
    expect(lane.blocked_reason).toMatch(/another master key/)
  })
})
