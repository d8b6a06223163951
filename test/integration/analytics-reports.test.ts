import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordEngagement } from '../../src/analytics/event-store.ts'
import { newId } from '../../src/core/ids.ts'
import { rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Campaign,
  type Email,
  insertCampaign,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox
let campaign: Campaign

beforeAll(async () => {
  database = await createTestDatabase()
  const { db } = database
  tenant = await insertTenant(db)
  mailbox = await insertMailbox(db, tenant.id)
  const made = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{ step_name: 'hello' }] })
  campaign = made.campaign
  const sent: Email[] = []
  for (let count = 0; count < 4; count += 1) sent.push(await send(made.steps[0]?.id ?? ''))
  await open(sent[0], 'a')
  await open(sent[0], 'b')
  await open(sent[1], 'c', 'apple_privacy')
  await rollUp(db)
})
afterAll(() => database.close())

const on = '2026-03-02'
const at = new Date(`${on}T12:00:00Z`)

async function send(step_id: string): Promise<Email> {
  const { db } = database
  const lead = await insertLead(db, tenant.id)
  const place = { campaign_id: campaign.id, step_id, lead_id: lead.id }
  const email = await insertSentEmail(db, mailbox, { ...place, sent_at: at, sent_on: on })
  const what = { class: 'delivery', type: 'sent', occurred_at: at, sent_on: on, attempt: 1 } as const
  const whose = { id: newId(), tenant_id: tenant.id, email_id: email.id, email_account_id: mailbox.id }
  await db
    .insertInto('email_events')
    .values({ ...what, ...whose, ...place })
    .execute()
  return email
}

async function open(
  email: Email | undefined,
  requestId: string,
  machine: 'apple_privacy' | null = null,
): Promise<void> {
  const ref = { tenantId: tenant.id, emailId: email?.id ?? '', requestId }
  await database.db
    .transaction()
    .execute((trx) => recordEngagement(trx, [{ ...ref, type: 'opened', at, machine }]))
}

const run = (...args: string[]) =>
  rookery([...args, '--tenant', tenant.name], { env: { DATABASE_URL: database.url } })

test('the days of a mailbox are printed by the day of sending, as CSV for other programs', async () => {
  const { stdout } = await run(
    'analytics',
    'daily',
    '--mailbox',
    mailbox.email_address,
    '--from',
    on,
    '--csv',
  )
  const [header, ...days] = stdout.trim().split('\r\n')
  expect(header).toMatch(/^date,emails_sent,emails_delivered,emails_opened,/)
  const figures = days.map((line) => line.split(','))
  const at = (name: string) => header?.split(',').indexOf(name) ?? -1
  const [ofSending, ofTelling] = figures
  const names = [
    'date',
    'emails_sent',
    'emails_opened',
    'total_opens',
    'machine_opens',
    'happened_opens',
    'open_rate',
  ]
  expect(names.map((name) => ofSending?.[at(name)])).toEqual([on, '4', '1', '2', '1', '0', '25'])
  expect(names.slice(1).map((name) => ofTelling?.[at(name)])).toEqual(['0', '0', '0', '0', '2', '0'])
})

test('the days of a mailbox that was removed, and of its follower at the address, are printed', async () => {
  const { db } = database
  const gone = await insertMailbox(db, tenant.id, { status: 'removed' })
  await insertMailbox(db, tenant.id, { email_address: gone.email_address })
  await db
    .insertInto('daily_analytics')
    .values({ tenant_id: tenant.id, mailbox_id: gone.id, date: on, emails_sent: 7 })
    .execute()
  const days = ['analytics', 'daily', '--from', on, '--json', '--mailbox']
  const { stdout } = await run(...days, gone.email_address)
  expect(JSON.parse(stdout)).toMatchObject([{ date: on, emails_sent: 7 }])
  const never = await run(...days, 'nobody@acme.example')
  expect(never.stderr).toContain('There never was a mailbox nobody@acme.example')
})

test("a campaign's report draws how far its emails came, machines apart", async () => {
  const { stdout } = await run('campaign', 'report', campaign.campaign_name)
  expect(stdout).toContain('█ replied  ▓ clicked  ▒ opened  ░ delivered')
  expect(stdout).toMatch(/1 hello +4 +4 \(100\.0 %\) +1 \(25\.0 %\).*▒{8}░{24}/)
})

test('days that are still to come are refused', async () => {
  const { code, stderr } = await run('analytics', 'daily', '--from', '2999-01-01')
  expect(code).toBe(2)
  expect(stderr).toContain('--from 2999-01-01 is still to come')
})

test('what was sent today is printed wherever the day has begun', async () => {
  const ahead = await insertMailbox(database.db, tenant.id, { timezone: 'Pacific/Kiritimati' })
  const date = new Date(Date.now() + 14 * 3_600_000).toISOString().slice(0, 10)
  await database.db
    .insertInto('daily_analytics')
    .values({ tenant_id: tenant.id, mailbox_id: ahead.id, date, emails_sent: 7 })
    .execute()
  const { stdout } = await run('analytics', 'daily', '--mailbox', ahead.email_address)
  expect(stdout).toMatch(new RegExp(`^${date} +7 `, 'm'))
})

test('before the first pass, no report says that nothing was sent', async () => {
  const { db } = database
  await db.updateTable('analytics_watermark').set({ method: 0 }).execute()
  const [daily, account] = [
    await run('analytics', 'daily', '--from', '2020-01-01', '--to', '2020-01-01'),
    await run('campaign', 'report', campaign.campaign_name),
  ]
  await rollUp(db)
  expect(daily.stdout).toContain('Nothing has been counted yet')
  expect(account.stdout).toContain('What came of them has not been counted yet')
  expect((await run('analytics', 'daily', '--from', '2020-01-01', '--to', '2020-01-01')).stdout).toContain(
    'Nothing was sent in these days, as counted at',
  )
})
