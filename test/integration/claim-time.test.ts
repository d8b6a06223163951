import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { holdPausedEmails, releaseHeldEmails, setCampaignPaused } from '../../src/campaigns/store.ts'
import { setMailboxPaused } from '../../src/sending/lane-store.ts'
import { forgetPauses } from '../../src/sending/pause-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Email,
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { claim, claimOf, findEmail } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
})

afterAll(() => database.close())

beforeEach(async () => {
  mailbox = await insertMailbox(database.db, tenant.id, { daily_limit: 50 })
})

const hourMs = 3_600_000
const hoursAgo = (hours: number) => new Date(Date.now() - hours * hourMs)

/** Of a campaign whose emails are stale after a day: due `hours` ago. */
async function emailDue(hours: number): Promise<Email> {
  const { db } = database
  const allDay = ['00:00-24:00']
  const window = { mon: allDay, tue: allDay, wed: allDay, thu: allDay, fri: allDay, sat: allDay, sun: allDay }
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id], {
    configuration: JSON.stringify({ window, holidays: [], staleAfter: { days: 1 } }),
  })
  const lead = await insertLead(db, tenant.id)
  const ids = { campaign_id: campaign.id, lead_id: lead.id }
  await db
    .insertInto('campaign_leads')
    .values({ ...ids, tenant_id: tenant.id, email_account_id: mailbox.id })
    .execute()
  const due = { due_at: hoursAgo(hours), first_due_at: hoursAgo(hours) }
  return insertEmail(db, mailbox, { ...ids, ...due, step_id: steps[0]?.id ?? null })
}

const campaignOf = (email: Email) => ({ tenant_id: tenant.id, id: email.campaign_id ?? '' })

/** Paused `hours` ago and held since, then resumed now. */
async function pauseAndResume(email: Email, hours: number): Promise<void> {
  const { db } = database
  await setCampaignPaused(db, campaignOf(email), 'a test')
  await db.transaction().execute((trx) => holdPausedEmails(trx, 100))
  expect(await findEmail(db, email)).toMatchObject({ status: 'held', held_at: expect.any(Date) })
  await db
    .updateTable('emails')
    .set({ held_at: hoursAgo(hours) })
    .where('id', '=', email.id)
    .execute()
  await db.updateTable('campaigns').set({ status: 'active' }).where('id', '=', campaignOf(email).id).execute()
  await db.transaction().execute((trx) => releaseHeldEmails(trx, 100))
}

const ageHours = async (email: Email) =>
  (Date.now() - (await findEmail(database.db, email)).first_due_at.getTime()) / hourMs

describe('follow-ups', () => {
  test('leave before first emails that have waited longer', async () => {
    const { db } = database
    const first = await insertEmail(db, mailbox, { due_at: hoursAgo(5) })
    const second = await insertEmail(db, mailbox, { due_at: hoursAgo(4) })
    const followUp = await insertEmail(db, mailbox, { due_at: hoursAgo(1), is_follow_up: true })
    const later = await insertEmail(db, mailbox, { due_at: hoursAgo(-1), is_follow_up: true })
    const [two] = await claim(db, claimOf(mailbox, 2))
    expect(two?.emails.map(({ id }) => id)).toEqual([followUp.id, first.id])
    const [rest] = await claim(db, claimOf(mailbox, 5))
    expect(rest?.emails.map(({ id }) => id)).toEqual([second.id])
    expect(await findEmail(db, later)).toMatchObject({ status: 'scheduled' })
  })
})

describe('staleness', () => {
  test('skips an email that waited too long, with its sequence', async () => {
    const email = await emailDue(25)
    await claim(database.db, claimOf(mailbox, 1))
    expect(await findEmail(database.db, email)).toMatchObject({ status: 'skipped', reason_code: 'stale' })
    const enrolment = await database.db
      .selectFrom('campaign_leads')
      .selectAll()
      .where('lead_id', '=', email.lead_id ?? '')
      .executeTakeFirstOrThrow()
    expect(enrolment).toMatchObject({ status: 'stopped', stopped_code: 'stale' })
  })

  test('does not count the time that the campaign was paused, and counts the time before it', async () => {
    const email = await emailDue(40)
    await pauseAndResume(email, 30)
    expect(await ageHours(email)).toBeCloseTo(10, 1)
    const [answer] = await claim(database.db, claimOf(mailbox, 1))
    expect(answer?.emails.map(({ id }) => id)).toEqual([email.id])
  })

  test('counts from the end of a pause for what came due in it', async () => {
    const email = await emailDue(2)
    await pauseAndResume(email, 30)
    expect(await ageHours(email)).toBeCloseTo(0, 1)
  })

  test('leaves what is due later as it is', async () => {
    const email = await emailDue(-2)
    await pauseAndResume(email, 30)
    expect(await ageHours(email)).toBeCloseTo(-2, 1)
  })

  test('does not count a pause of the mailbox that ends by itself', async () => {
    const { db } = database
    const email = await emailDue(40)
    await setMailboxPaused(
      db,
      { tenantId: tenant.id, mailboxId: mailbox.id },
      { code: 'rate_limited', reason: 'full' },
      60,
    )
    const past = { paused_at: hoursAgo(30), paused_until: hoursAgo(0) }
    await db.updateTable('email_accounts').set(past).where('id', '=', mailbox.id).execute()
    const [answer] = await claim(db, claimOf(mailbox, 1))
    expect(answer?.emails.map(({ id }) => id)).toEqual([email.id])
    expect(await ageHours(email)).toBeCloseTo(10, 1)
  })

  test('does not count a pause that an operator ends', async () => {
    const { db } = database
    const email = await emailDue(20)
    const pause = { tenantId: tenant.id, mailboxId: mailbox.id, pausedAt: hoursAgo(12) }
    await db.transaction().execute((trx) => forgetPauses(trx, [pause]))
    expect(await ageHours(email)).toBeCloseTo(8, 1)
  })

  test('counts from the first of two pauses that follow each other', async () => {
    const { db } = database
    const reference = { tenantId: tenant.id, mailboxId: mailbox.id }
    await setMailboxPaused(db, reference, { code: 'rate_limited', reason: 'first' }, 60)
    await db
      .updateTable('email_accounts')
      .set({ paused_at: hoursAgo(3) })
      .where('id', '=', mailbox.id)
      .execute()
    await setMailboxPaused(db, reference, { code: 'rate_limited', reason: 'second' }, 600)
    const row = await db
      .selectFrom('email_accounts')
      .select('paused_at')
      .where('id', '=', mailbox.id)
      .executeTakeFirst()
    expect(row?.paused_at?.getTime()).toBeLessThan(hoursAgo(2).getTime())
  })
})
