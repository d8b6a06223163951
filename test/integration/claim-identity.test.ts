import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertPlannedEmails, type PlannedEmail } from '../../src/campaigns/planner-store.ts'
import { newId } from '../../src/core/ids.ts'
import { planFollowUps } from '../../src/jobs/scheduler/plan-follow-ups.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  mint,
  type Tenant,
} from '../support/factories.ts'
import { claimFor, outcomeOf, settle } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
})

afterAll(() => database.close())

async function plannedEmail(): Promise<PlannedEmail> {
  const { db } = database
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id])
  const lead = await insertLead(db, tenant.id)
  return {
    id: newId(),
    tenantId: tenant.id,
    campaignId: campaign.id,
    leadId: lead.id,
    stepId: steps[0]?.id ?? '',
    variant: null,
    mailboxId: mailbox.id,
    lane: 'normal',
    to: lead.email,
    dueAt: new Date(Date.now() + 3_600_000),
    isFollowUp: false,
  }
}

describe('the ledger', () => {
  test('holds a step to a lead once, planned as often as you like', async () => {
    const { db } = database
    const planned = await plannedEmail()
    for (const id of [planned.id, newId()]) {
      await db.transaction().execute((trx) => insertPlannedEmails(trx, [{ ...planned, id }]))
    }
    const rows = await db.selectFrom('emails').select('id').where('lead_id', '=', planned.leadId).execute()
    expect(rows).toEqual([{ id: planned.id }])
  })

  test('holds it once also when two planners insert it at once', async () => {
    const { db } = database
    const planned = await plannedEmail()
    const insert = () =>
      db.transaction().execute((trx) => insertPlannedEmails(trx, [{ ...planned, id: newId() }]))
    await Promise.all([insert(), insert(), insert()])
    const rows = await db.selectFrom('emails').select('id').where('lead_id', '=', planned.leadId).execute()
    expect(rows).toHaveLength(1)
  })

  test('takes an idempotency key once for each tenant', async () => {
    const { db } = database
    const key = mint('order')
    await insertEmail(db, mailbox, { idempotency_key: key })
    await expect(insertEmail(db, mailbox, { idempotency_key: key })).rejects.toMatchObject({
      constraint: 'emails_idempotency_key',
    })
    const other = await insertTenant(db)
    await insertEmail(db, await insertMailbox(db, other.id), { idempotency_key: key })
  })

  test.each([
    ['neither campaign nor key', { idempotency_key: null }],
    ['a campaign without a step', { kind: 'campaign' as const, step_id: null }],
    ['a step without a campaign', { campaign_id: null, idempotency_key: 'a' }],
  ])('refuses an email that can be told from no other: %s', async (_, missing) => {
    const { db } = database
    const { campaignId, leadId, stepId } = await plannedEmail()
    const identity =
      'kind' in missing || 'campaign_id' in missing
        ? { campaign_id: campaignId, lead_id: leadId, step_id: stepId, idempotency_key: null }
        : {}
    await expect(insertEmail(db, mailbox, { ...identity, ...missing })).rejects.toMatchObject({
      constraint: 'emails_identity_check',
    })
  })
})

test('a step inserted in mid-campaign renumbers nothing, and is reached by the leads before it alone', async () => {
  const { db } = database
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id], {
    steps: [{}, { delay: JSON.stringify({ seconds: 0 }) }],
  })
  const [first, second] = steps
  if (!first || !second) throw new Error('no steps')
  const enrol = async () => {
    const lead = await insertLead(db, tenant.id)
    const ids = { tenant_id: tenant.id, campaign_id: campaign.id, lead_id: lead.id }
    await db
      .insertInto('campaign_leads')
      .values({ ...ids, email_account_id: mailbox.id })
      .execute()
    await insertEmail(db, mailbox, { ...ids, step_id: first.id })
    return lead.id
  }
  const sendAllDue = async () => {
    const claimed = await claimFor(db, mailbox, 10)
    await settle(db, ...claimed.map((email) => outcomeOf(email, 'sent')))
    await planFollowUps(db)
  }
  const stepsOf = async (leadId: string) => {
    const rows = await db
      .selectFrom('emails')
      .select('step_id')
      .where('lead_id', '=', leadId)
      .orderBy('created_at')
      .execute()
    return rows.map((row) => row.step_id)
  }

  const ahead = await enrol()
  await sendAllDue()
  await sendAllDue()
  const behind = await enrol()
  const before = await stepsOf(ahead)
  await db.updateTable('campaign_steps').set({ position: 3 }).where('id', '=', second.id).execute()
  const { id: between } = await db
    .insertInto('campaign_steps')
    .values({
      tenant_id: tenant.id,
      id: newId(),
      campaign_id: campaign.id,
      position: 2,
      content_text: 'In between.',
      delay: JSON.stringify({ seconds: 0 }),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  for (let turn = 0; turn < 4; turn += 1) await sendAllDue()

  expect(await stepsOf(behind)).toEqual([first.id, between, second.id])
  expect(await stepsOf(ahead)).toEqual(before)
})
