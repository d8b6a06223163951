import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { setCompletedCampaigns } from '../../src/campaigns/store.ts'
import { type Resolution, resolveUnknown } from '../../src/jobs/resolve-unknown.ts'
import { planFollowUps } from '../../src/jobs/scheduler/plan-follow-ups.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Email,
  insertCampaign,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
} from '../support/factories.ts'
import { insertSubmittingEmail } from '../support/inbound.ts'
import {
  claimFor,
  findEmail,
  listEvents,
  listWakes,
  outcomeOf,
  readBudgets,
  settle,
} from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
})

const graceSeconds = 900
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

const doubt = (minutes: number) => ({
  status: 'unknown' as const,
  reason_code: 'reply_timeout',
  error_message: 'no reply',
  lease_until: null,
  look_attempt: 1,
  unknown_at: minutesAgo(minutes),
})

const resolve = (email: Pick<Email, 'id'>, as: Resolution['as'], note: string | null = null) =>
  resolveUnknown(
    database.db,
    { tenantId: mailbox.tenant_id, emailId: email.id, as, note, actor: 'robin' },
    graceSeconds,
  )

/** The only lead of a campaign of one step, its one email of unknown outcome. */
async function insertLastUnknown() {
  const { db } = database
  const { campaign, steps } = await insertCampaign(db, mailbox.tenant_id, [mailbox.id], {
    steps: [{}],
    enrolled_at: new Date(),
  })
  const lead = await insertLead(db, mailbox.tenant_id)
  const place = { campaign_id: campaign.id, lead_id: lead.id }
  await db
    .insertInto('campaign_leads')
    .values({ ...place, tenant_id: lead.tenant_id, email_account_id: mailbox.id })
    .execute()
  const email = await insertSubmittingEmail(db, mailbox, {
    ...place,
    step_id: steps[0]?.id ?? '',
    ...doubt(20),
  })
  return { campaign, email }
}

test('resolved as sent, the sequence goes on, the campaign completes, and who said so is noted', async () => {
  const { db } = database
  const { campaign, email } = await insertLastUnknown()
  expect(await setCompletedCampaigns(db)).not.toContain(campaign.id)
  await resolve(email, 'sent', 'the recipient has it')
  expect(await findEmail(db, email)).toMatchObject({ status: 'sent', sent_at: email.claimed_at })
  expect(await listEvents(db, email)).toMatchObject([
    { type: 'sent', data: { code: 'resolved_by_operator' } },
  ])
  await planFollowUps(db)
  expect(await setCompletedCampaigns(db)).toContain(campaign.id)
  const audit = await db.selectFrom('audit_log').selectAll().where('entity_id', '=', email.id).execute()
  expect(audit).toMatchObject([
    {
      tenant_id: mailbox.tenant_id,
      actor: 'robin',
      action: 'email.resolved',
      entity_type: 'email',
      details: { as: 'sent', note: 'the recipient has it', attempt: 1 },
    },
  ])
})

test('resolved as not sent, it is due again with its budgets given back and its lane woken', async () => {
  const { db } = database
  const { id } = await insertSubmittingEmail(db, mailbox, {
    status: 'scheduled',
    attempt: 0,
    claimed_at: null,
  })
  const [claimed] = await claimFor(db, mailbox, 1)
  if (!claimed) throw new Error('nothing was claimed')
  await settle(db, outcomeOf(claimed, 'unknown'))
  const { look_attempt, unknown_at } = doubt(20)
  await db.updateTable('emails').set({ look_attempt, unknown_at }).where('id', '=', id).execute()
  expect(await readBudgets(db, mailbox)).toMatchObject({ days: [1], rolling: 1 })
  const before = await findEmail(db, { id })

  await resolve({ id }, 'not-sent')
  const after = await findEmail(db, { id })
  expect(after).toMatchObject({ status: 'scheduled', attempt: 1, reason_code: 'resolved_not_sent' })
  // The twenty minutes in doubt do not make it stale.
  const movedMs = after.first_due_at.getTime() - before.first_due_at.getTime()
  expect(movedMs).toBeGreaterThanOrEqual(20 * 60_000)
  expect(await readBudgets(db, mailbox)).toMatchObject({ days: [0], rolling: 0 })
  expect(await listWakes(db, mailbox)).toHaveLength(1)
  const [again] = await claimFor(db, mailbox, 1)
  expect(again).toMatchObject({ id, attempt: 2, messageId: claimed.messageId })
})

test('it is not resolved as not sent before the grace is over; as sent it may be at once', async () => {
  const email = await insertSubmittingEmail(database.db, mailbox, doubt(14))
  const until = new Date((email.unknown_at?.getTime() ?? 0) + graceSeconds * 1000)
  await expect(resolve(email, 'not-sent')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(until.toISOString()),
  })
  expect(
    await database.db.selectFrom('audit_log').where('entity_id', '=', email.id).selectAll().execute(),
  ).toEqual([])
  await resolve(email, 'sent')
})

test('the grace also holds for an email that no look was planned for yet', async () => {
  const email = await insertSubmittingEmail(database.db, mailbox, {
    ...doubt(20),
    look_attempt: null,
    unknown_at: null,
  })
  await expect(resolve(email, 'not-sent')).rejects.toMatchObject({ code: 'conflict' })
})

test('what is not in doubt cannot be resolved, nor what another tenant has', async () => {
  const submitting = await insertSubmittingEmail(database.db, mailbox)
  await expect(resolve(submitting, 'sent')).rejects.toMatchObject({ code: 'conflict' })
  const email = await insertSubmittingEmail(database.db, mailbox, doubt(20))
  await resolve(email, 'not-sent')
  await expect(resolve(email, 'not-sent')).rejects.toMatchObject({ code: 'conflict' })
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  await expect(resolve(email, 'sent')).rejects.toMatchObject({ code: 'not_found' })
})

test('what a removed mailbox has sent can be resolved as sent, but not sent again', async () => {
  const email = await insertSubmittingEmail(database.db, mailbox, doubt(20))
  const own = database.db.updateTable('email_accounts').where('id', '=', mailbox.id)
  await own.set({ status: 'removed' }).execute()
  await expect(resolve(email, 'not-sent')).rejects.toMatchObject({ code: 'conflict' })
  await resolve(email, 'sent')
})

test('from the command line', async () => {
  const email = await insertSubmittingEmail(database.db, mailbox, doubt(20))
  const tenant = await database.db
    .selectFrom('tenants')
    .select('name')
    .where('id', '=', mailbox.tenant_id)
    .executeTakeFirstOrThrow()
  const run = (...args: string[]) =>
    rookery(['emails', 'resolve', ...args, '--tenant', tenant.name], { env: { DATABASE_URL: database.url } })
  expect(await run(email.id)).toMatchObject({ code: 2 })
  expect(await run('4711', '--as', 'sent')).toMatchObject({ code: 2 })
  const { code, stdout } = await run(email.id, '--as', 'sent', '--note', 'it was answered by phone')
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Resolved as sent; its sequence goes on.\n' })
  expect(await run(email.id, '--as', 'sent')).toMatchObject({ code: 1 })
})

test('a tenant decides from the command line what becomes of what is not found', async () => {
  const { db, url } = database
  const { id, name } = await insertTenant(db)
  const set = (policy: string) =>
    rookery(['tenant', 'set', name, '--unknown-policy', policy, '--json'], { env: { DATABASE_URL: url } })
  expect(await set('always')).toMatchObject({ code: 2 })
  const { code, stdout } = await set('resend_if_absent')
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, id, unknownPolicy: 'resend_if_absent' })
  const audit = await db.selectFrom('audit_log').selectAll().where('entity_id', '=', id).execute()
  expect(audit).toMatchObject([
    {
      action: 'tenant.changed',
      details: { unknownPolicy: { from: 'never_resend', to: 'resend_if_absent' } },
    },
  ])
})
