import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertCampaign, insertLead, insertMailbox, insertTenant } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'

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

test('a two-step campaign reaches every lead once a step, on the mailbox and thread of its first email', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailboxes = [
    await insertMailbox(db, tenant.id, { smtp_port: provider.port }),
    await insertMailbox(db, tenant.id, { smtp_port: provider.port }),
  ]
  for (let n = 0; n < 30; n += 1) await insertLead(db, tenant.id)
  const { campaign } = await insertCampaign(
    db,
    tenant.id,
    mailboxes.map((mailbox) => mailbox.id),
    { steps: [{}, { subject: '', delay: JSON.stringify({ seconds: 1 }) }] },
  )
  const fleet = await startFleet(database)
  try {
    await eventually(
      async () => {
        const row = await db
          .selectFrom('campaigns')
          .select('status')
          .where('id', '=', campaign.id)
          .executeTakeFirstOrThrow()
        return row.status === 'completed'
      },
      { timeoutMs: 20_000 },
    )
  } finally {
    await fleet.stop()
  }
  const emails = await db.selectFrom('emails').selectAll().where('campaign_id', '=', campaign.id).execute()
  expect(emails).toHaveLength(60)
  expect(new Set(emails.map((email) => email.status))).toEqual(new Set(['sent']))
  expect(provider.accepted.total).toBe(60)
  expect(provider.accepted.duplicates()).toEqual({})
})
