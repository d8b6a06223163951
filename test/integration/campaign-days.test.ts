import { afterAll, beforeAll, expect, test } from 'vitest'
import { previewCampaign } from '../../src/campaigns/preview.ts'
import { civilDate, startOfDayAfter } from '../../src/core/civil-time.ts'
import { changeCampaignLimits } from '../../src/jobs/change-limits.ts'
import { enrolNextLeads } from '../../src/jobs/scheduler/enrol-leads.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertCampaign, insertLead, insertMailbox, insertTenant, type Tenant } from '../support/factories.ts'
import { listWakes } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
  for (let n = 0; n < 5; n += 1) await insertLead(database.db, tenant.id)
})

afterAll(() => database.close())

const zone = 'Pacific/Auckland'
const limits = { timezone: zone, new_leads_per_day: 2 }

/** The days of the campaign's zone, from the one of `first` on. */
function daysFrom(first: Date, count: number): string[] {
  const days = [civilDate(first, zone)]
  while (days.length < count) days.push(civilDate(startOfDayAfter(days.at(-1) ?? '', zone), zone))
  return days
}

async function dueDays(campaignId: string): Promise<string[]> {
  const rows = database.db.selectFrom('emails').select('due_at').where('campaign_id', '=', campaignId)
  return (await rows.orderBy('due_at').execute()).map(({ due_at }) => civilDate(due_at, zone))
}

test('first emails are planned within the limits of the campaign, and on from what is in the ledger', async () => {
  const { db } = database
  const mailbox = await insertMailbox(db, tenant.id)
  const { campaign } = await insertCampaign(db, tenant.id, [mailbox.id], limits)
  const [one, two, three, four] = daysFrom(new Date(), 4)
  expect(await enrolNextLeads(db)).toBe(5)
  expect(await dueDays(campaign.id)).toEqual([one, one, two, two, three])
  for (let n = 0; n < 2; n += 1) await insertLead(db, tenant.id)
  await db.updateTable('campaigns').set({ enrolled_at: null }).where('id', '=', campaign.id).execute()
  expect(await enrolNextLeads(db)).toBe(2)
  expect(await dueDays(campaign.id)).toEqual([one, one, two, two, three, three, four])
})

test('what has not been due yet is planned anew when a limit changes', async () => {
  const { db } = database
  const mailbox = await insertMailbox(db, tenant.id)
  const { campaign } = await insertCampaign(db, tenant.id, [mailbox.id], {
    timezone: zone,
    daily_limit: 1,
    steps: [{}],
  })
  const planned = await enrolNextLeads(db)
  const days = daysFrom(new Date(), 7)
  expect(await dueDays(campaign.id)).toEqual(days.slice(0, planned))
  const change = (dailyLimit: number | null) =>
    db.transaction().execute((trx) => changeCampaignLimits(trx, campaign, { dailyLimit }))
  await change(4)
  const [one, two] = days
  expect(await dueDays(campaign.id)).toEqual([one, one, one, one, two, two, two])
  await change(null)
  expect(await dueDays(campaign.id)).toEqual(new Array(planned).fill(one))
  expect(await listWakes(db, mailbox)).not.toEqual([])
})

test('a preview says when the last lead is reached within the limits', async () => {
  const { db } = database
  const other = await insertTenant(db)
  for (let n = 0; n < 5; n += 1) await insertLead(db, other.id)
  const mailbox = await insertMailbox(db, other.id)
  const draft = { ...limits, status: 'draft' as const, started_at: null }
  const { campaign } = await insertCampaign(db, other.id, [mailbox.id], draft)
  const [one, two, three] = daysFrom(new Date(), 3)
  const { emails, lastFirstEmailAt } = await previewCampaign(db, campaign, 3)
  expect(emails.map(({ dueAt }) => civilDate(dueAt, zone))).toEqual([one, one, two])
  expect(lastFirstEmailAt && civilDate(lastFirstEmailAt, zone)).toBe(three)
})
