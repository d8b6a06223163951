import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { handOnLate, removeMailbox } from '../../src/jobs/remove-mailbox.ts'
import { planFollowUps } from '../../src/jobs/scheduler/plan-follow-ups.ts'
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
import { claim, claimOf, findEmail, listWakes, outcomeOf, settle } from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let tenant: Tenant
let gone: Mailbox
let stays: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

beforeEach(async () => {
  tenant = await insertTenant(database.db)
  gone = await insertMailbox(database.db, tenant.id)
  stays = await insertMailbox(database.db, tenant.id)
})

type Made = { campaign: Campaign; steps: CampaignStep[] }

function campaignOf(mailboxes: Mailbox[], whenMailboxRemoved: 'stop' | 'reassign'): Promise<Made> {
  const day = ['00:00-24:00']
  const window = { mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day }
  return insertCampaign(
    database.db,
    tenant.id,
    mailboxes.map(({ id }) => id),
    {
      configuration: JSON.stringify({ window, holidays: [], whenMailboxRemoved }),
      enrolled_at: new Date(),
    },
  )
}

/** A lead on the mailbox that will be gone; with `sent` its first email has gone out and the second waits. */
async function leadOf({ campaign, steps }: Made, sent: boolean): Promise<Email> {
  const { db } = database
  const lead = await insertLead(db, tenant.id)
  const [first, second] = steps.map(({ id }) => id)
  const ids = { campaign_id: campaign.id, lead_id: lead.id }
  const past = { last_step_id: first ?? null, last_sent_at: new Date() }
  await db
    .insertInto('campaign_leads')
    .values({ ...ids, ...(sent ? past : {}), tenant_id: tenant.id, email_account_id: gone.id })
    .execute()
  const step = sent ? second : first
  return insertEmail(db, gone, { ...ids, step_id: step ?? null, is_follow_up: sent })
}

const enrolmentOf = (email: Email) =>
  database.db
    .selectFrom('campaign_leads')
    .selectAll()
    .where('lead_id', '=', email.lead_id ?? '')
    .executeTakeFirstOrThrow()

const findMailbox = (id: string) =>
  database.db.selectFrom('email_accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

describe('when a mailbox is removed', () => {
  test('leads that nobody has written to get another one, the others are stopped', async () => {
    const { db } = database
    const made = await campaignOf([gone, stays], 'stop')
    const fresh = await leadOf(made, false)
    const known = await leadOf(made, true)
    expect(await removeMailbox(db, gone)).toEqual({ moved: 1, stopped: 1, skipped: 0, removed: true })

    expect(await findEmail(db, fresh)).toMatchObject({ status: 'scheduled', email_account_id: stays.id })
    expect(await enrolmentOf(fresh)).toMatchObject({ status: 'active', email_account_id: stays.id })
    expect((await listWakes(db, stays)).length).toBeGreaterThan(0)
    const [answer] = await claim(db, claimOf(stays, 5))
    expect(answer?.emails.map(({ id }) => id)).toEqual([fresh.id])
    expect(await findEmail(db, known)).toMatchObject({ status: 'skipped', reason_code: 'mailbox_removed' })
    expect(await enrolmentOf(known)).toMatchObject({ status: 'stopped', stopped_code: 'mailbox_removed' })
  })

  test('another one goes on where the campaign lets it', async () => {
    const { db } = database
    const known = await leadOf(await campaignOf([gone, stays], 'reassign'), true)
    await removeMailbox(db, gone)
    expect(await findEmail(db, known)).toMatchObject({ status: 'scheduled', email_account_id: stays.id })
  })

  test('a lead is stopped where the campaign has no other', async () => {
    const { db } = database
    const fresh = await leadOf(await campaignOf([gone], 'reassign'), false)
    await removeMailbox(db, gone)
    const ended = await findEmail(db, fresh)
    expect(ended).toMatchObject({ status: 'skipped', reason_code: 'mailbox_removed' })
    expect(ended.error_message).toContain('the campaign has no other')
  })

  test('a follow-up that is planned later goes out from the other one', async () => {
    const { db } = database
    const made = await campaignOf([gone, stays], 'reassign')
    const first = await leadOf(made, true)
    await db.deleteFrom('emails').where('id', '=', first.id).execute()
    const due = { plan_at: new Date(), next_step_id: null }
    await db
      .updateTable('campaign_leads')
      .set(due)
      .where('lead_id', '=', first.lead_id ?? '')
      .execute()
    await removeMailbox(db, gone)
    await planFollowUps(db)
    const planned = await db
      .selectFrom('emails')
      .selectAll()
      .where('lead_id', '=', first.lead_id ?? '')
      .execute()
    expect(planned).toMatchObject([{ email_account_id: stays.id, is_follow_up: true }])
  })

  test('it is only paused while an email of it is on the wire, and removed by the next call', async () => {
    const { db } = database
    const email = await insertEmail(db, gone)
    await claim(db, claimOf(gone, 1))
    expect(await removeMailbox(db, gone)).toMatchObject({ removed: false, skipped: 0 })
    expect(await findMailbox(gone.id)).toMatchObject({ status: 'paused' })
    expect(await findEmail(db, email)).toMatchObject({ status: 'submitting' })
    const ended = { status: 'sent' as const, sent_at: new Date(), sent_on: '2026-01-01' }
    await db.updateTable('emails').set(ended).where('id', '=', email.id).execute()
    expect(await removeMailbox(db, gone)).toMatchObject({ removed: true })
    expect(await findMailbox(gone.id)).toMatchObject({ status: 'removed', imap_host: null })
  })

  test('an email that is proven not sent after its removal goes the way of the rest', async () => {
    const { db } = database
    const email = await insertEmail(db, gone)
    const made = await campaignOf([gone, stays], 'reassign')
    const ofLead = await leadOf(made, true)
    const [answer] = await claim(db, claimOf(gone, 5))
    const claimed = answer?.emails ?? []
    await settle(db, ...claimed.map((one) => outcomeOf(one, 'unknown')))
    expect(await removeMailbox(db, gone)).toMatchObject({ removed: true })
    expect(claimed).toHaveLength(2)
    await settle(db, ...claimed.map((one) => outcomeOf(one, 'scheduled')))
    expect(await handOnLate(db)).toBe(2)
    expect(await findEmail(db, email)).toMatchObject({ status: 'skipped', reason_code: 'mailbox_removed' })
    expect(await findEmail(db, ofLead)).toMatchObject({ status: 'scheduled', email_account_id: stays.id })
    expect(await handOnLate(db)).toBe(0)
  })

  test('its lanes say so, its passwords are gone, and its address can be added again', async () => {
    const { db } = database
    const credential = { field: 'smtp_password' as const, key_id: '00000000', sealed: Buffer.alloc(8) }
    await db
      .insertInto('mailbox_credentials')
      .values({ ...credential, tenant_id: tenant.id, email_account_id: gone.id })
      .execute()
    const env = { DATABASE_URL: database.url }
    const command = ['mailbox', 'remove', gone.email_address, '--tenant', tenant.name]
    const asked = await rookery(command, { env })
    expect(asked).toMatchObject({ code: 2 })
    expect(asked.stderr).toContain('--yes')
    const { code, stdout } = await rookery([...command, '--yes'], { env })
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed') })

    const [answer] = await claim(db, claimOf(gone, 1))
    expect(answer?.block).toMatchObject({ until: null, code: 'mailbox_removed' })
    const left = await db
      .selectFrom('mailbox_credentials')
      .selectAll()
      .where('email_account_id', '=', gone.id)
      .execute()
    expect(left).toEqual([])
    const again = await insertMailbox(db, tenant.id, { email_address: gone.email_address })
    expect(again.id).not.toBe(gone.id)
  })
})
