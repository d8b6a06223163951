import { afterAll, beforeAll, expect, test } from 'vitest'
import { recover } from '../../src/jobs/recover.ts'
import { planFollowUps } from '../../src/jobs/scheduler/plan-follow-ups.ts'
import { type Proof, promoteToSent } from '../../src/sending/proof-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertCampaign, insertEmail, insertLead, insertMailbox, insertTenant } from '../support/factories.ts'
import { findEmail } from '../support/lanes.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
const forget = () => recover(database.db, { since: daysAgo(6), actor: 'robin', force: true })

/** A lead in a sequence of two steps, the second `delay` after the first, which was due five days ago. */
async function insertSequence(delay: { days: number }, overrides: { status?: 'active' | 'paused' } = {}) {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id)
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id], {
    steps: [{}, { delay: JSON.stringify(delay) }],
    enrolled_at: daysAgo(6),
    ...overrides,
  })
  const lead = await insertLead(db, tenant.id)
  const place = { campaign_id: campaign.id, lead_id: lead.id }
  await db
    .insertInto('campaign_leads')
    .values({ ...place, tenant_id: tenant.id, email_account_id: mailbox.id })
    .execute()
  const due = { due_at: daysAgo(5), first_due_at: daysAgo(5) }
  const first = await insertEmail(db, mailbox, { ...place, ...due, step_id: steps[0]?.id ?? null })
  const findSecond = () =>
    db
      .selectFrom('emails')
      .selectAll()
      .where('lead_id', '=', lead.id)
      .where('step_id', '=', steps[1]?.id ?? null)
      .executeTakeFirst()
  return { lead, first, findSecond, stepId: steps[0]?.id ?? null }
}

type Sequence = Awaited<ReturnType<typeof insertSequence>>

/** The first email is found in the mailbox's Sent folder, or somebody says that it was sent; the sequence goes on. */
async function findFirst(
  { first }: Sequence,
  evidence: Proof['evidence'] = { code: 'found_in_mailbox', sentAt: daysAgo(5) },
): Promise<void> {
  const proof = { tenantId: first.tenant_id, id: first.id, evidence }
  await database.db.transaction().execute((trx) => promoteToSent(trx, [proof]))
  await planFollowUps(database.db)
}

test('the follow-up of an email that was sent and forgotten may have been sent and forgotten too', async () => {
  const sequence = await insertSequence({ days: 3 })
  await forget()
  expect((await findEmail(database.db, sequence.first)).status).toBe('unknown')
  await findFirst(sequence)
  const second = await sequence.findSecond()
  expect(second).toMatchObject({ status: 'unknown', reason_code: 'failover', attempt: 1 })
  expect(second?.message_id).not.toBeNull()
  expect(second?.budget_keys).not.toEqual([])
})

test('so may be that of one that an operator says was sent, whenever that was', async () => {
  const sequence = await insertSequence({ days: 3 })
  await forget()
  await findFirst(sequence, { code: 'resolved_by_operator' })
  expect(await sequence.findSecond()).toMatchObject({ status: 'unknown', reason_code: 'failover' })
})

test('a follow-up that was not due before the recovery goes out', async () => {
  const sequence = await insertSequence({ days: 8 })
  await forget()
  await findFirst(sequence)
  expect(await sequence.findSecond()).toMatchObject({ status: 'scheduled', attempt: 0 })
})

test('a campaign that is paused here may have been resumed: its follow-ups are in doubt', async () => {
  const { db } = database
  const sequence = await insertSequence({ days: 3 }, { status: 'paused' })
  const sent = { status: 'sent' as const, sent_at: daysAgo(5), sent_on: '2026-11-16', attempt: 1 }
  await db.updateTable('emails').set(sent).where('id', '=', sequence.first.id).execute()
  const next = { last_step_id: sequence.stepId, last_sent_at: daysAgo(5), plan_at: daysAgo(5) }
  await db.updateTable('campaign_leads').set(next).where('lead_id', '=', sequence.lead.id).execute()
  await forget()
  expect(await sequence.findSecond()).toMatchObject({ status: 'unknown', reason_code: 'failover' })
})
