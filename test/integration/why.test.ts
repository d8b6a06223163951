import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { changeTenantLimits } from '../../src/jobs/change-limits.ts'
import { explain } from '../../src/jobs/why/explain.ts'
import { tenantDayKey } from '../../src/sending/budgets.ts'
import type { Explanation } from '../../src/why/facts.ts'
import type { Subject } from '../../src/why/subject-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'
import { claimFor, outcomeOf, settle } from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
  await schedulerTicks('1 second')
})

const schedulerTicks = (ago: string) =>
  sql`insert into scheduler_ticks (task, worker, ticked_at) values ('drainer', 'here:1', now() - ${ago}::interval)
      on conflict (task) do update set ticked_at = excluded.ticked_at`.execute(database.db)

async function why(type: Subject['type'], one: { id: string }, name = ''): Promise<Explanation> {
  const subject = { type, tenantId: tenant.id, tenant: tenant.name, id: one.id, name }
  const found = await explain(database.db, subject)
  if (!found) throw new Error('nothing was found')
  return found
}

const whyCli = async (...args: string[]) => rookery(['why', ...args], { env: { DATABASE_URL: database.url } })
const codes = (found: Explanation | undefined) => found?.causes.map(({ code }) => code)

async function insertEnrolled(overrides: Parameters<typeof insertEmail>[2] = {}) {
  const { db } = database
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id])
  const lead = await insertLead(db, tenant.id)
  const place = { campaign_id: campaign.id, lead_id: lead.id }
  await db
    .insertInto('campaign_leads')
    .values({ ...place, tenant_id: tenant.id, email_account_id: mailbox.id })
    .execute()
  const email = await insertEmail(db, mailbox, { ...place, step_id: steps[0]?.id ?? '', ...overrides })
  return { campaign, steps, lead, email }
}

test('a due email waits for the very budget that refuses its claim', async () => {
  const { db } = database
  mailbox = await insertMailbox(db, tenant.id, { daily_limit: 1 })
  const first = await insertEmail(db, mailbox, { due_at: new Date(Date.now() - 60_000) })
  const second = await insertEmail(db, mailbox)
  expect(codes(await why('email', first))).toEqual(['asleep'])
  const [claimed] = await claimFor(db, mailbox, 5)
  expect(codes(await why('email', first))).toEqual(['submitting'])
  if (!claimed) throw new Error('nothing was claimed')
  await settle(db, outcomeOf(claimed, 'sent', { replyText: '2.0.0 queued as 4711' }))
  expect((await why('email', first)).answer).toContain('queued as 4711')
  expect(await claimFor(db, mailbox, 5)).toEqual([])
  const { causes } = await why('email', second)
  const { blocked_until } = await db
    .selectFrom('sending_lanes')
    .select('blocked_until')
    .where('email_account_id', '=', mailbox.id)
    .where('lane', '=', 'normal')
    .executeTakeFirstOrThrow()
  expect(causes).toMatchObject([{ code: 'rolling_limit' }])
  expect(causes[0]?.until).toEqual(blocked_until)
})

test('an email waits for a limit of its tenant from the moment it is set', async () => {
  const { db } = database
  const email = await insertEmail(db, mailbox)
  const day = civilDate(new Date(), tenant.timezone)
  const rows = [0, 1, 2].map((shard) => ({
    key: tenantDayKey(tenant.id, day, shard),
    tenant_id: tenant.id,
    used: 1,
  }))
  await db.insertInto('send_budgets').values(rows).execute()
  expect(codes(await why('email', email))).toEqual(['asleep'])
  await db.transaction().execute((trx) => changeTenantLimits(trx, tenant.id, { dailyLimit: 3 }))
  const { causes } = await why('email', email)
  expect(causes[0]).toMatchObject({ code: 'tenant_daily_limit', words: expect.stringContaining('3 emails') })
  expect(codes(await why('mailbox', mailbox))).toContain('tenant_daily_limit')
  expect(await claimFor(db, mailbox, 1)).toEqual([])
  expect((await why('email', email)).causes).toEqual(causes)
})

test('an email waits for a limit of its campaign from the moment it is set', async () => {
  const { db } = database
  const { campaign, email } = await insertEnrolled()
  const day = civilDate(new Date(), campaign.timezone)
  const key = `campaign/${campaign.id}/new/${day}`
  await db.insertInto('send_budgets').values({ key, tenant_id: tenant.id, used: 2 }).execute()
  const limits = { new_leads_per_day: 2 }
  await db.updateTable('campaigns').set(limits).where('id', '=', campaign.id).execute()
  expect(codes(await why('email', email))).toEqual(['new_leads_limit'])
  await db.updateTable('emails').set({ is_follow_up: true }).where('id', '=', email.id).execute()
  expect(codes(await why('email', email))).toEqual(['asleep'])
})

test('an email names the suppression that will end it, and what it rests on', async () => {
  const { email } = await insertEnrolled()
  await database.db
    .insertInto('suppressions')
    .values({
      id: crypto.randomUUID(),
      tenant_id: tenant.id,
      scope: 'address',
      value: email.to_address,
      reason: 'invalid_recipient',
      source: 'bounce',
      evidence: JSON.stringify({ diagnostic: '550 5.1.1 nobody here' }),
    })
    .execute()
  const found = await why('email', email)
  expect(codes(found)?.[0]).toBe('suppressed')
  expect(found.details.join()).toContain('550 5.1.1 nobody here')
})

test('an email waits for the provider that its claim waits for, before the claim and after', async () => {
  const { db } = database
  const { email } = await insertEnrolled()
  const until_at = new Date(Date.now() + 1_800_000)
  const cooldown = { tenant_id: tenant.id, provider: email.to_domain, until_at, code: 'rate_limited' }
  await db
    .insertInto('recipient_cooldowns')
    .values({ ...cooldown, reason: '421 slow down' })
    .execute()
  const wanted = [{ code: 'provider_cooldown', until: until_at }]
  const before = await why('email', email)
  expect(before.causes).toMatchObject(wanted)
  expect(before.answer).toContain('421 slow down')
  await claimFor(db, mailbox, 1)
  expect((await why('email', email)).causes).toMatchObject(wanted)
})

test('without a scheduler, and without a sender, that is what a due email waits for', async () => {
  const { email } = await insertEnrolled()
  await schedulerTicks('1 minute')
  expect(codes(await why('email', email))).toEqual(['no_scheduler'])
})

test('a lead is told campaign by campaign and step by step', async () => {
  const { lead, email, campaign } = await insertEnrolled({ due_at: new Date(Date.now() + 3_600_000) })
  const waiting = await why('lead', lead, lead.email)
  expect(waiting).toMatchObject({ state: 'active', causes: [{ code: 'not_due', until: email.due_at }] })
  expect(waiting.parts?.[0]?.details[0]).toMatch(/^step 1: It waits until /)
  await database.db
    .updateTable('campaign_leads')
    .set({
      status: 'stopped',
      stopped_code: 'replied',
      stopped_reason: 'the lead replied',
      ended_at: new Date(),
    })
    .where('campaign_id', '=', campaign.id)
    .execute()
  const stopped = await why('lead', lead, lead.email)
  expect(stopped.state).toBe('ended')
  expect(stopped.answer).toContain('the lead replied')
})

test('a campaign counts what waits by what it waits for, the most first', async () => {
  const { db } = database
  const other = await insertMailbox(db, tenant.id, { status: 'paused', status_reason: '535 bad password' })
  const { campaign, steps } = await insertEnrolled({ due_at: new Date(Date.now() + 3_600_000) })
  const step = { campaign_id: campaign.id, step_id: steps[0]?.id ?? '' }
  for (let n = 0; n < 3; n++) await insertEmail(db, other, step)
  await insertSentEmail(db, mailbox, step)
  const failed = { status: 'failed' as const, reason_code: 'invalid_recipient', error_message: '550' }
  await insertEmail(db, mailbox, { ...step, ...failed })
  const found = await why('campaign', campaign)
  expect(found.groups).toMatchObject([
    { code: 'mailbox_paused', count: 3, until: null },
    { code: 'not_due', count: 1 },
  ])
  expect(found.groups?.[0]?.words).toContain('535 bad password')
  expect(found.details).toContain('1 failed: the address does not exist')
  const byTenant = await why('tenant', tenant, tenant.name)
  expect(byTenant.answer).toMatch(/^3 emails wait until somebody acts: the mailbox .* is paused/)
  await db.updateTable('campaigns').set({ status: 'paused', status_reason: 'too early' }).execute()
  expect((await why('campaign', campaign)).answer).toContain('too early')
})

test('a mailbox shows its lanes, what its limits leave and what holds it up', async () => {
  const { db } = database
  await insertEmail(db, mailbox, { lane: 'high' })
  await insertEmail(db, mailbox, { due_at: new Date(Date.now() + 3_600_000) })
  await claimFor(db, mailbox, 1)
  const found = await why('mailbox', mailbox)
  expect(found.parts?.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    'lane high: 1 wait, 1 due',
    'lane normal: 1 wait, 0 due',
  ])
  expect(found.details[0]).toBe('Its limits leave it 500 of 500 emails a day.')
})

test('the command line recognises an address, and asks which of several things is meant', async () => {
  const { email, lead, campaign } = await insertEnrolled()
  const inCampaign = whyCli('campaign', campaign.campaign_name, '--tenant', tenant.name)
  const [byId, byName, asJson, nobody] = await Promise.all([
    whyCli(email.id),
    inCampaign,
    whyCli(lead.email, '--json'),
    whyCli('nobody@nowhere.test'),
  ])
  expect(byId).toMatchObject({ code: 0, stderr: '' })
  expect(byId.stdout).toContain(`email to ${lead.email}`)
  expect(byName.stdout).toContain('Leads: 1')
  expect(JSON.parse(asJson.stdout)).toMatchObject({ type: 'lead' })
  expect(nobody).toMatchObject({ code: 4 })
  await insertLead(database.db, tenant.id, { email: mailbox.email_address })
  const [several, named] = await Promise.all([
    whyCli(mailbox.email_address),
    whyCli('mailbox', mailbox.email_address),
  ])
  expect(several).toMatchObject({ code: 2 })
  expect(several.stderr).toContain(`rookery why mailbox ${mailbox.id}`)
  expect(named).toMatchObject({ code: 0 })
})
