import { afterAll, beforeAll, expect, test } from 'vitest'
import { setCampaignPaused, setCampaignResumed } from '../../src/campaigns/store.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertCampaign, insertLead, insertMailbox, insertTenant, mint } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'

const leadCount = 24

let database: TestDatabase
let provider: SmtpProvider

beforeAll(async () => {
  database = await createTestDatabase()
  provider = await startSmtpProvider()
})

afterAll(async () => {
  await provider.close()
  await database.close()
})

test('a campaign that is paused in mid-flight sends nothing more, and all the rest when it is resumed', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port, max_connections: 1 })
  for (let n = 0; n < leadCount; n += 1)
    await insertLead(db, tenant.id, { email: `${mint('lead')}@slow.test` })
  const { campaign } = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
  const countBy = async (status: string) => {
    const rows = await db
      .selectFrom('emails')
      .select('status')
      .where('campaign_id', '=', campaign.id)
      .execute()
    return rows.filter((row) => row.status === status).length
  }
  const fleet = await startFleet(database)
  try {
    await provider.waitForAccepted(5)
    expect(await setCampaignPaused(db, campaign, 'a typo')).toBe(true)
    await eventually(async () => (await countBy('scheduled')) + (await countBy('submitting')) === 0)
    const held = await countBy('held')
    const accepted = provider.accepted.total
    expect(held).toBeGreaterThan(0)
    expect(held + accepted).toBe(leadCount)
    expect(await db.transaction().execute((trx) => setCampaignResumed(trx, campaign))).toBe(true)
    await provider.waitForAccepted(leadCount)
    await eventually(async () => (await countBy('sent')) === leadCount)
  } finally {
    await fleet.stop()
  }
  expect(provider.accepted.duplicates()).toEqual({})
})
