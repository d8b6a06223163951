import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { setCampaignPaused } from '../../src/campaigns/store.ts'
import { newId } from '../../src/core/ids.ts'
import { listNotifications } from '../../src/guardrails/notification-store.ts'
import { checkGuardrails } from '../../src/jobs/guardrails/check.ts'
import { resumeCampaign, resumeMailbox } from '../../src/jobs/guardrails/resume.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Campaign,
  type CampaignStep,
  type Email,
  insertCampaign,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'
import { listWakes } from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox
let campaign: Campaign
let step: CampaignStep | undefined

const log = createLogger({ level: 'fatal', format: 'json', name: 'test', output: { fd: 2 } })
const rules = { bounceRate: 0.05, complaintRate: 0.001, days: 7, floor: 50, minPauseHours: 24 }
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  const { db } = database
  // Left over from another test, a guard would be looked at again.
  await db.deleteFrom('email_bounces').execute()
  await db.updateTable('email_accounts').set({ guard_paused_at: null }).execute()
  await db.updateTable('campaigns').set({ guard_paused_at: null }).execute()
  tenant = await insertTenant(db)
  mailbox = await insertMailbox(db, tenant.id)
  const made = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
  campaign = made.campaign
  step = made.steps[0]
})

const check = () => checkGuardrails({ db: database.db, log }, rules)

/** Sent by the mailbox, of the campaign unless `transactional`, the first `hard` of them to dead addresses. */
async function sendSome(sent: number, { hard = 0, complaints = 0, ago = 1, transactional = false } = {}) {
  const { db } = database
  const inCampaign = transactional ? {} : { campaign_id: campaign.id, step_id: step?.id ?? '' }
  const at = { sent_at: hoursAgo(ago), claimed_at: hoursAgo(ago) }
  const emails: Email[] = []
  for (let n = 0; n < sent; n++) emails.push(await insertSentEmail(db, mailbox, { ...inCampaign, ...at }))
  for (const email of emails.slice(0, hard)) await insertBounce(email, 'hard')
  for (const email of emails.slice(0, complaints)) await insertBounce(email, 'complaint')
}

const insertBounce = (email: Email, bounce_type: 'hard' | 'soft' | 'complaint') =>
  database.db
    .insertInto('email_bounces')
    .values({
      tenant_id: email.tenant_id,
      id: newId(),
      report_id: null,
      email_id: email.id,
      email_account_id: email.email_account_id,
      campaign_id: email.campaign_id,
      address: email.to_address,
      bounce_type,
      bounce_class: 'invalid_recipient',
      permanent: true,
      address_dead: true,
      bounced_at: new Date(),
    })
    .execute()

const read = async () => {
  const { db } = database
  const of = (table: 'email_accounts' | 'campaigns', { id }: { id: string }) =>
    db
      .selectFrom(table)
      .select(['status', 'status_reason', 'guard_paused_at', 'guarded_from'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  return { mailbox: await of('email_accounts', mailbox), campaign: await of('campaigns', campaign) }
}
const notifications = (resolved = false) => listNotifications(database.db, tenant.id, { resolved, limit: 10 })

const findPausedCode = async () =>
  (
    await database.db
      .selectFrom('email_accounts')
      .select('paused_code')
      .where('id', '=', mailbox.id)
      .executeTakeFirstOrThrow()
  ).paused_code

/** As if the pauses had begun so long ago. */
const agePauses = (hours: number) =>
  Promise.all(
    (['email_accounts', 'campaigns'] as const).map((table) =>
      database.db
        .updateTable(table)
        .set({ guard_paused_at: hoursAgo(hours) })
        .where('guard_paused_at', 'is not', null)
        .execute(),
    ),
  )

describe('too many dead addresses', () => {
  test('of warmup count for nothing, nor do its deliveries', async () => {
    await sendSome(60, { hard: 10, transactional: true })
    await database.db.updateTable('emails').set({ kind: 'warmup' }).where('campaign_id', 'is', null).execute()
    expect(await check()).toBe(0)
    await sendSome(60, { hard: 4 })
    expect(await check()).toBe(2)
    expect((await read()).mailbox.status_reason).toContain('4 of 60 emails')
  })

  test('pause the mailbox and the campaign, and are told once however often they are seen', async () => {
    await sendSome(60, { hard: 4 })
    expect(await check()).toBe(2)
    expect(await read()).toMatchObject({
      mailbox: { status: 'paused', status_reason: expect.stringContaining('4 of 60 emails') },
      campaign: { status: 'paused' },
    })
    expect(await findPausedCode()).toBe('bounce_rate')
    const [first, second, ...others] = await notifications()
    expect([first?.severity, second?.severity, others]).toEqual(['warning', 'warning', []])
    expect(await check()).toBe(0)
    const again = await notifications()
    expect(again.map(({ id }) => id)).toEqual([first?.id, second?.id])
    expect(again[0]?.lastSeenAt.getTime()).toBeGreaterThan(first?.lastSeenAt.getTime() ?? 0)
  })

  test('exactly at the limit, of 49, or softly bounced, they pause nothing', async () => {
    await sendSome(60, { hard: 3 })
    expect(await check()).toBe(0)
    const other = await insertMailbox(database.db, tenant.id)
    mailbox = other
    await sendSome(49, { hard: 20, transactional: true })
    const email = await insertSentEmail(database.db, await insertMailbox(database.db, tenant.id))
    await insertBounce(email, 'soft')
    expect(await check()).toBe(0)
    await sendSome(1, { transactional: true })
    expect(await check()).toBe(1)
    expect((await read()).mailbox.status).toBe('paused')
  })

  test('older than the window they do not count', async () => {
    await sendSome(60, { hard: 10, ago: 8 * 24 })
    await sendSome(60)
    expect(await check()).toBe(0)
  })

  test('two schedulers at once pause once and tell once', async () => {
    await sendSome(50, { complaints: 1 })
    const changed = await Promise.all([check(), check(), check()])
    expect(changed.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect((await notifications()).map(({ severity }) => severity)).toEqual(['critical', 'critical'])
  })

  test('a tenant may have rules of its own', async () => {
    const settings = JSON.stringify({ guardrails: { bounceRate: 0.2, floor: 10 } })
    await database.db.updateTable('tenants').set({ settings }).where('id', '=', tenant.id).execute()
    await sendSome(50, { hard: 10 })
    expect(await check()).toBe(0)
    await sendSome(1, { hard: 1 })
    expect(await check()).toBe(2)
  })
})

describe('what a guardrail has paused', () => {
  test('goes on by itself when the rate has fallen, after its shortest pause', async () => {
    await sendSome(60, { hard: 4 })
    await check()
    await agePauses(25)
    expect(await check()).toBe(0)
    // The window has moved on.
    const emails = database.db.updateTable('emails').where('email_account_id', '=', mailbox.id)
    await emails.set({ sent_at: hoursAgo(8 * 24) }).execute()
    await agePauses(23)
    expect(await check()).toBe(0)
    await agePauses(25)
    expect(await check()).toBe(2)
    expect(await read()).toMatchObject({
      mailbox: { status: 'active', guard_paused_at: null, guarded_from: expect.any(Date) },
      campaign: { status: 'active', guard_paused_at: null },
    })
    expect(await notifications()).toEqual([])
    expect((await notifications(true)).map(({ resolvedBy }) => resolvedBy)).toEqual([
      'guardrail',
      'guardrail',
    ])
    expect((await listWakes(database.db, mailbox)).length).toBeGreaterThan(0)
  })

  test('is not paused again for the same numbers when somebody resumes it, but for new ones', async () => {
    const { db } = database
    await sendSome(60, { hard: 10 })
    await check()
    await db.transaction().execute((trx) => resumeMailbox(trx, { ...mailbox, paused_at: null }, 'robin'))
    await db.transaction().execute((trx) => resumeCampaign(trx, campaign, 'robin'))
    expect((await notifications(true)).map(({ resolvedBy }) => resolvedBy)).toEqual(['robin', 'robin'])
    expect(await check()).toBe(0)
    // As if all that were three hours ago, and the resuming two: what comes in late about it does not count either.
    const earlier = { sent_at: hoursAgo(3), claimed_at: hoursAgo(3) }
    await db.updateTable('emails').set(earlier).where('email_account_id', '=', mailbox.id).execute()
    const own = db.updateTable('email_accounts').where('id', '=', mailbox.id)
    await own.set({ guarded_from: hoursAgo(2) }).execute()
    await sendSome(49, { hard: 49, transactional: true })
    expect(await check()).toBe(0)
    await sendSome(1, { transactional: true })
    expect(await check()).toBe(1)
    expect((await read()).mailbox.status_reason).toContain('49 of 50')
  })

  test('stays paused when somebody has paused it by hand since', async () => {
    await sendSome(60, { hard: 10 })
    await check()
    expect(await setCampaignPaused(database.db, campaign, 'by hand')).toBe(true)
    await sendSome(1000 - 60)
    await agePauses(25)
    expect(await check()).toBe(1)
    expect(await read()).toMatchObject({
      mailbox: { status: 'active' },
      campaign: { status: 'paused', status_reason: 'by hand' },
    })
    expect(await notifications()).toEqual([])
  })
})

test('notifications are listed, shown in the status, and resolved', async () => {
  await sendSome(60, { hard: 4, transactional: true })
  await check()
  const [told] = await notifications()
  const run = (...args: string[]) => rookery(args, { env: { DATABASE_URL: database.url } })
  const [list, status, mute] = await Promise.all([
    run('notifications', 'list', '--tenant', tenant.name, '--json'),
    run('status', '--tenant', tenant.name),
    run('notifications', 'resolve', newId()),
  ])
  expect(JSON.parse(list.stdout)).toMatchObject([{ id: told?.id, severity: 'warning' }])
  expect(status.stdout).toContain(`The mailbox ${mailbox.email_address} was paused`)
  expect(mute.code).toBe(4)
  expect(await run('notifications', 'resolve', told?.id ?? '')).toMatchObject({ code: 0 })
  expect(await check()).toBe(0)
  expect(await notifications()).toEqual([])
})
