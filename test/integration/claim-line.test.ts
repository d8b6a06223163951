import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type CampaignKey,
  holdPausedEmails,
  releaseHeldEmails,
  setCampaignPaused,
  setCampaignResumed,
} from '../../src/campaigns/store.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createClaimer } from '../../src/jobs/sending/claimer.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Campaign,
  type CampaignStep,
  type Email,
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { claim, claimOf, claimOptions, findEmail, laneOf, listWakes } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
})

afterAll(() => database.close())

beforeEach(async () => {
  mailbox = await insertMailbox(database.db, tenant.id)
})

const never = { window: { mon: [] }, holidays: [] }
/** Open for one hour that is not this one. */
const otherHour = () => {
  const hour = (new Date().getUTCHours() + 3) % 23
  const span = [`${String(hour).padStart(2, '0')}:00-${String(hour + 1).padStart(2, '0')}:00`]
  return {
    window: { mon: span, tue: span, wed: span, thu: span, fri: span, sat: span, sun: span },
    holidays: [],
  }
}

/** An email of an enrolled lead, due before those made after it. */
async function emailOf({ campaign, steps }: { campaign: Campaign; steps: CampaignStep[] }): Promise<Email> {
  const { db } = database
  const lead = await insertLead(db, tenant.id)
  const ids = { tenant_id: tenant.id, campaign_id: campaign.id, lead_id: lead.id }
  await db
    .insertInto('campaign_leads')
    .values({ ...ids, email_account_id: mailbox.id })
    .execute()
  return insertEmail(db, mailbox, {
    campaign_id: campaign.id,
    lead_id: lead.id,
    step_id: steps[0]?.id ?? null,
  })
}

const campaignWith = (overrides: Parameters<typeof insertCampaign>[3]) =>
  insertCampaign(database.db, tenant.id, [mailbox.id], overrides)

/** Claims one at a time, as a session with one connection does, until one is claimed. */
async function claimNext(): Promise<string | undefined> {
  for (let turn = 0; turn < 10; turn += 1) {
    const [answer] = await claim(database.db, claimOf(mailbox, 1))
    const [email] = answer?.emails ?? []
    if (email) return email.id
  }
  return undefined
}

describe('an email that cannot go does not hold up those behind it:', () => {
  test('outside its window it waits for the opening', async () => {
    const waiting = await emailOf(await campaignWith({ configuration: JSON.stringify(otherHour()) }))
    const next = await insertEmail(database.db, mailbox)
    expect(await claimNext()).toBe(next.id)
    const row = await findEmail(database.db, waiting)
    expect(row).toMatchObject({ status: 'scheduled', reason_code: 'window_closed', attempt: 0 })
    expect(row.due_at.getTime()).toBeGreaterThan(Date.now() + 60 * 60_000)
  })

  test('with a window that never opens it is skipped', async () => {
    const skipped = await emailOf(await campaignWith({ configuration: JSON.stringify(never) }))
    const next = await insertEmail(database.db, mailbox)
    expect(await claimNext()).toBe(next.id)
    expect(await findEmail(database.db, skipped)).toMatchObject({
      status: 'skipped',
      reason_code: 'window_never_opens',
    })
  })

  test('of a paused campaign it is held', async () => {
    const held = await emailOf(await campaignWith({ status: 'paused' }))
    const next = await insertEmail(database.db, mailbox)
    expect(await claimNext()).toBe(next.id)
    expect(await findEmail(database.db, held)).toMatchObject({
      status: 'held',
      reason_code: 'campaign_paused',
    })
  })

  test('of a lead whose sequence was stopped it is skipped', async () => {
    const stopped = await emailOf(await campaignWith({}))
    await database.db
      .updateTable('campaign_leads')
      .set({ status: 'stopped', stopped_reason: 'replied' })
      .where('lead_id', '=', stopped.lead_id)
      .execute()
    const next = await insertEmail(database.db, mailbox)
    expect(await claimNext()).toBe(next.id)
    expect(await findEmail(database.db, stopped)).toMatchObject({
      status: 'skipped',
      reason_code: 'enrolment_ended',
      error_message: expect.stringContaining('replied'),
    })
  })

  test('of a campaign that cannot be read it waits, with the reason', async () => {
    const unreadable = await emailOf(await campaignWith({ configuration: '{"window": 7}' }))
    const next = await insertEmail(database.db, mailbox)
    expect(await claimNext()).toBe(next.id)
    expect(await findEmail(database.db, unreadable)).toMatchObject({
      status: 'scheduled',
      reason_code: 'campaign_unreadable',
    })
  })

  test('what was looked at and not claimed takes nothing from the budget', async () => {
    await database.db
      .updateTable('email_accounts')
      .set({ daily_limit: 1 })
      .where('id', '=', mailbox.id)
      .execute()
    for (let n = 0; n < 3; n += 1) await emailOf(await campaignWith({ status: 'paused' }))
    const next = await insertEmail(database.db, mailbox)
    expect(await claimNext()).toBe(next.id)
  })
})

test('a lane that cannot be read keeps no other lane of its process from claiming', async () => {
  const { db } = database
  const broken = await insertMailbox(db, tenant.id, { timezone: 'Mars/Olympus' })
  const good = await Promise.all([0, 1, 2].map(() => insertMailbox(db, tenant.id)))
  for (const one of [broken, ...good]) await insertEmail(db, one)
  const refused: string[] = []
  const claimer = createClaimer(db, {
    ...claimOptions,
    clock: systemClock,
    coalesceMs: 1,
    onRefused: (lanes) => refused.push(...lanes.map((lane) => lane.mailboxId)),
  })
  const [first, ...others] = await Promise.all(
    [broken, ...good].map((one) => claimer.add({ ...laneOf(one), wanted: 1 })),
  )
  expect(others.map(({ emails }) => emails.length)).toEqual([1, 1, 1])
  expect(first).toMatchObject({ emails: [], block: { code: 'claim_failed' } })
  expect(refused).toEqual([broken.id])
})

describe('the emails of a paused campaign', () => {
  async function pausedWith(emails: number): Promise<{ key: CampaignKey; ids: Email[] }> {
    const made = await campaignWith({})
    const ids: Email[] = []
    for (let n = 0; n < emails; n += 1) ids.push(await emailOf(made))
    await database.db.transaction().execute((trx) => setCampaignPaused(trx, made.campaign, 'holiday'))
    return { key: made.campaign, ids }
  }

  test('are moved out of the due index in batches, also those due later, and put back on resume with a wake', async () => {
    const { db } = database
    const { key, ids } = await pausedWith(5)
    const hold = (limit: number) => db.transaction().execute((trx) => holdPausedEmails(trx, limit))
    expect(await hold(3)).toBe(3)
    expect(await hold(3)).toBe(2)
    expect(await hold(3)).toBe(0)
    for (const id of ids) expect((await findEmail(db, id)).status).toBe('held')
    const [answer] = await claim(db, claimOf(mailbox, 5))
    expect(answer).toMatchObject({ emails: [], picked: 0 })

    await db.transaction().execute((trx) => setCampaignResumed(trx, key))
    expect(await listWakes(db, mailbox)).toHaveLength(1)
    const lanes = await db.transaction().execute(async (trx) => {
      const released = await releaseHeldEmails(trx, 100)
      await insertWakes(trx, released)
      return released
    })
    expect(lanes).toMatchObject([{ mailboxId: mailbox.id, lane: 'normal' }])
    expect(await listWakes(db, mailbox)).toHaveLength(2)
    expect((await claim(db, claimOf(mailbox, 5)))[0]?.emails).toHaveLength(5)
  })

  test('that were held while it was being resumed are found and put back', async () => {
    const { db } = database
    const { key, ids } = await pausedWith(1)
    const trx = await db.startTransaction().execute()
    await holdPausedEmails(trx, 10)
    await db.transaction().execute((other) => setCampaignResumed(other, key))
    await trx.commit().execute()
    expect((await findEmail(db, ids[0] ?? { id: '' })).status).toBe('held')
    const released = await db.transaction().execute((other) => releaseHeldEmails(other, 10))
    expect(released.map(({ mailboxId }) => mailboxId)).toContain(mailbox.id)
    expect((await findEmail(db, ids[0] ?? { id: '' })).status).toBe('scheduled')
  })
})
