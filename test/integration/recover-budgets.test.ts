import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { recover } from '../../src/jobs/recover.ts'
import { tenantDayKey } from '../../src/sending/budgets.ts'
import { requeueUnknown } from '../../src/sending/doubt-store.ts'
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
import { claimFor, findEmail, readBudgets } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

beforeEach(async () => {
  tenant = await insertTenant(database.db)
})

const forget = () => recover(database.db, { since: new Date(), actor: 'robin', force: true })

async function fill(mailbox: Mailbox, count: number) {
  const emails: Awaited<ReturnType<typeof insertEmail>>[] = []
  for (let n = 0; n < count; n += 1) emails.push(await insertEmail(database.db, mailbox))
  return emails
}

/** Claims one after the other until nothing more is granted. */
async function claimedOf(mailbox: Mailbox): Promise<number> {
  let total = 0
  for (;;) {
    const { length } = await claimFor(database.db, mailbox, 1)
    if (length === 0) return total
    total += length
  }
}

/** An enrolled lead of the campaign, its email due. */
async function fillCampaign(
  mailbox: Mailbox,
  { campaign, steps }: Awaited<ReturnType<typeof insertCampaign>>,
  count: number,
) {
  for (let n = 0; n < count; n += 1) {
    const lead = await insertLead(database.db, tenant.id)
    const place = { campaign_id: campaign.id, lead_id: lead.id }
    await database.db
      .insertInto('campaign_leads')
      .values({ ...place, tenant_id: tenant.id, email_account_id: mailbox.id })
      .execute()
    await insertEmail(database.db, mailbox, { ...place, step_id: steps[0]?.id ?? null })
  }
}

test('what may have been sent counts for the day, the 24 hours and the hour of its mailbox', async () => {
  const mailbox = await insertMailbox(database.db, tenant.id, { daily_limit: 5, hourly_limit: 5 })
  await fill(mailbox, 3)
  await forget()
  expect(await readBudgets(database.db, mailbox)).toMatchObject({ days: [3], rolling: 3 })
  await fill(mailbox, 5)
  expect(await claimedOf(mailbox)).toBe(2)
})

test('more in doubt than the cap leaves nothing, and what proves not sent is given back', async () => {
  const { db } = database
  const mailbox = await insertMailbox(db, tenant.id, { daily_limit: 2 })
  const [first, second, ...rest] = await fill(mailbox, 4)
  await forget()
  await fill(mailbox, 3)
  expect(await claimedOf(mailbox)).toBe(0)
  for (const { id } of [first, second, ...rest.slice(0, 1)].flatMap((email) => email ?? [])) {
    const { tenant_id: tenantId, attempt, budget_keys: budgetKeys } = await findEmail(db, { id })
    const doubt = { tenantId, id, attempt, budgetKeys }
    await db
      .transaction()
      .execute((trx) => requeueUnknown(trx, [doubt], { code: 'absent', reason: 'absent' }))
  }
  expect(await claimedOf(mailbox)).toBe(1)
})

test('it counts for the limits of its campaign', async () => {
  const mailbox = await insertMailbox(database.db, tenant.id)
  const made = await insertCampaign(database.db, tenant.id, [mailbox.id], {
    daily_limit: 4,
    new_leads_per_day: 4,
    enrolled_at: new Date(),
  })
  await fillCampaign(mailbox, made, 3)
  await forget()
  await fillCampaign(mailbox, made, 3)
  expect(await claimedOf(mailbox)).toBe(1)
})

test('it counts for the day of its tenant, however that is shared out', async () => {
  const { db } = database
  const [cap, usedByShard] = [800, [100, 100, 100, 100, 100, 100, 92, 92]]
  await db.updateTable('tenants').set({ daily_limit: cap }).where('id', '=', tenant.id).execute()
  const mailbox = await insertMailbox(db, tenant.id)
  const day = civilDate(new Date(), tenant.timezone)
  const rows = usedByShard.map((used, shard) => ({
    key: tenantDayKey(tenant.id, day, shard),
    tenant_id: tenant.id,
    used,
  }))
  await db.insertInto('send_budgets').values(rows).execute()
  await fill(mailbox, 13)
  await forget()
  await fill(mailbox, 10)
  expect(await claimedOf(mailbox)).toBe(3)
})

test('what a limit has put off may have been sent too: the limit may have been raised', async () => {
  const mailbox = await insertMailbox(database.db, tenant.id)
  const tomorrow = new Date(Date.now() + 86_400_000)
  const putOff = { first_due_at: new Date(Date.now() - 1000), due_at: tomorrow }
  const limited = await insertEmail(database.db, mailbox, { ...putOff, reason_code: 'campaign_daily_limit' })
  const waiting = await insertEmail(database.db, mailbox, { ...putOff, reason_code: 'window_closed' })
  await forget()
  expect((await findEmail(database.db, limited)).status).toBe('unknown')
  expect((await findEmail(database.db, waiting)).status).toBe('scheduled')
})
