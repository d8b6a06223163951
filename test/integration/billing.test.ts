import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { setSealed } from '../../src/analytics/watermark-store.ts'
import { newId } from '../../src/core/ids.ts'
import { ensureBillingPartitions } from '../../src/db/billing-partitions.ts'
import { audit, rebuild, rollUp, sumMonths } from '../../src/jobs/analytics/roll-up.ts'
import { setPlan } from '../../src/tenants/plan-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
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
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox
let step: CampaignStep | undefined

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

beforeEach(async () => {
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
  ;[step] = (await insertCampaign(database.db, tenant.id, [mailbox.id])).steps
})

const run = (...args: string[]) => rookery(args, { env: { DATABASE_URL: database.url } })

/** An email that was sent on a day, with its event. */
async function sendOn(sent_on: string, to_address: string, from = mailbox): Promise<Email> {
  const at = new Date(`${sent_on}T12:00:00Z`)
  const lead_id = (await insertLead(database.db, tenant.id)).id
  const place = { campaign_id: step?.campaign_id ?? null, step_id: step?.id ?? null, lead_id, sent_on }
  const email = await insertEmail(database.db, from, { status: 'sent', sent_at: at, to_address, ...place })
  const whose = { tenant_id: tenant.id, email_account_id: from.id, email_id: email.id, attempt: 1 }
  await database.db
    .insertInto('email_events')
    .values({ class: 'delivery', type: 'sent', id: newId(), occurred_at: at, ...whose, ...place })
    .execute()
  return email
}

async function addUp(): Promise<void> {
  await rollUp(database.db)
  await sumMonths(database.db)
}

const months = () =>
  database.db
    .selectFrom('billing_analytics')
    .selectAll()
    .where('tenant_id', '=', tenant.id)
    .orderBy('period_start')
    .execute()

test('a month stands beside the plan that stood in it last, whatever changes later', async () => {
  const thisMonth = new Date().toISOString().slice(0, 7)
  for (const day of ['2026-03-02', '2026-04-02', `${thisMonth}-01`]) {
    await sendOn(day, 'ada@x.example')
    await sendOn(day, 'bob@x.example')
  }
  await addUp()
  expect((await months()).map(({ plan_emails }) => plan_emails)).toEqual([null, null, null])
  await run('tenant', 'plan', tenant.name, '--emails', '8', '--contacts', '2')
  await run('tenant', 'plan', tenant.name, '--emails', '1')
  await sumMonths(database.db)
  const now = { emails_sent: 2, plan_emails: 1, emails_over: 1, plan_contacts: 2, contacts_over: 0 }
  expect(await months()).toMatchObject([{ plan_emails: null }, { plan_emails: null }, now])
  // As if it had been changed in April.
  await sql`update tenant_plans set month = '2026-04-01' where month = ${`${thisMonth}-01`}`.execute(
    database.db,
  )
  await rebuild(database.db)
  await sumMonths(database.db)
  expect(await months()).toMatchObject([{ plan_emails: null }, { plan_emails: 1, emails_over: 1 }, now])
})

test('usage says what is over the plan, on the screen and as CSV', async () => {
  await run('tenant', 'plan', tenant.name, '--emails', '3', '--contacts', '1')
  const month = new Date().toISOString().slice(0, 7)
  await sendOn(`${month}-01`, 'ada@x.example')
  await sendOn(`${month}-01`, 'bob@x.example')
  await addUp()
  const { stdout } = await run('billing', 'usage', '--tenant', tenant.name)
  expect(stdout.split('\n')[1]).toMatch(
    /^\d{4}-\d\d +2 of 3 \(66\.7 %\) +1 +2 of 1 \(200\.0 %\) +OVER by 1 contact /,
  )
  const csv = await run('billing', 'usage', '--tenant', tenant.name, '--csv')
  const [header, row] = csv.stdout.split('\r\n')
  expect(header).toMatch(/^tenant,period_start,emails_sent,plan_emails,emails_over,/)
  expect(row).toContain(`${tenant.name},${month}-01,2,3,0,1,,0,2,1,1,`)
})

test('the word none lifts what a plan allows, and what is out of range is refused by the name of its option', async () => {
  const plan = (...args: string[]) => run('tenant', 'plan', tenant.name, ...args, '--json')
  await plan('--emails', '3', '--mailboxes', '2', '--contacts', '1', '--event-days', '7')
  const lifted = await plan('--emails', 'none', '--contacts', 'none', '--event-days', 'none')
  const rest = { emails: null, mailboxes: 2, contacts: null, eventDays: null }
  expect(JSON.parse(lifted.stdout)).toEqual({ tenant: tenant.name, ...rest })
  const refused = await plan('--emails', '0')
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(JSON.parse(refused.stderr).error.message).toMatch(
    /^option '--emails <n>' argument '0' .+ from 1 to 1000000000/,
  )
})

test('a change of the plan says from when on it is seen, what it deletes, and how long events are kept in truth', async () => {
  const { name } = tenant
  const plan = (...args: string[]) => run('tenant', 'plan', name, ...args)
  const changed = await plan('--emails', '1', '--mailboxes', '1', '--event-days', '7')
  expect(changed.stdout.split('\n')).toEqual([
    `${name} may use in a month: 1 email, 1 mailbox, any number of contacts. Its events are kept for 7 days.`,
    expect.stringMatching(/^rookery billing usage shows it once .+ next full hour/),
    expect.stringMatching(/deleted for good.+ rookery maintenance prune --dry-run$/),
    '',
  ])
  const refused = await plan('--event-days', '91')
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^--event-days 91: .+ after 90 days/),
  })
  // As if the installation had kept events for longer then.
  await database.db.updateTable('tenants').set({ event_days: 100 }).where('id', '=', tenant.id).execute()
  expect((await plan()).stdout).toMatch(/kept as long as all are, 90 days .+ less than its plan's 100\.\n$/)
})

test('mailboxes and contacts of a month are what they are, also where its emails stay as many', async () => {
  const { db } = database
  const first = await sendOn('2026-03-02', 'ada@x.example')
  const second = await sendOn('2026-03-02', 'bob@x.example', await insertMailbox(db, tenant.id))
  await addUp()
  expect(await months()).toMatchObject([{ emails_sent: 2, mailboxes_active: 2, contacts_reached: 2 }])
  await db.updateTable('emails').set({ to_address: 'ada@x.example' }).where('id', '=', second.id).execute()
  await db
    .updateTable('email_events')
    .set({ email_account_id: first.email_account_id })
    .where('email_id', '=', second.id)
    .execute()
  await rebuild(db)
  await sumMonths(db)
  expect(await months()).toMatchObject([{ emails_sent: 2, mailboxes_active: 1, contacts_reached: 1 }])
})

test('a month that has no day left comes to nothing', async () => {
  const { db } = database
  await sendOn('2026-03-02', 'ada@x.example')
  await addUp()
  await db.deleteFrom('email_events').where('tenant_id', '=', tenant.id).execute()
  await db.deleteFrom('emails').where('tenant_id', '=', tenant.id).execute()
  await rebuild(db)
  await sumMonths(db)
  expect(await months()).toMatchObject([{ emails_sent: 0, mailboxes_active: 0 }])
  const differences = await audit(db, { from: '-infinity', to: 'infinity' })
  expect(differences?.filter(({ tenantId }) => tenantId === tenant.id)).toEqual([])
})

test('a plan holds also for a later month, in which the last one was made in another zone', async () => {
  const { db } = database
  const set = (planEmails: number) =>
    db.transaction().execute((trx) => setPlan(trx, tenant.id, { planEmails }))
  const [month = ''] = await set(100)
  const next = new Date(Date.parse(month) + 32 * 86_400_000).toISOString().slice(0, 8).concat('01')
  await db
    .updateTable('tenant_plans')
    .set({ month: next })
    .where('tenant_id', '=', tenant.id)
    .where('month', '=', month)
    .execute()
  expect(await set(5000)).toEqual([month, next])
  const plans = db
    .selectFrom('tenant_plans')
    .select(['month', 'plan_emails'])
    .where('tenant_id', '=', tenant.id)
  expect(await plans.where('month', '>=', month).execute()).toEqual([{ month, plan_emails: 5000 }])
})

test('how long events are kept changes no month', async () => {
  const { db } = database
  const change = { eventDays: 7 }
  expect(await db.transaction().execute((trx) => setPlan(trx, tenant.id, change))).toEqual([])
  expect(
    await db.selectFrom('tenant_plans').select('month').where('tenant_id', '=', tenant.id).execute(),
  ).toEqual([])
})

test('an email that is proven to be sent on a sealed day adds to the contacts of its month', async () => {
  const { db } = database
  await sendOn('2026-03-02', 'ada@x.example')
  await addUp()
  const seal = { tenantId: tenant.id, through: '2026-03-31' }
  await db.transaction().execute((trx) => setSealed(trx, seal))
  await sendOn('2026-03-03', 'bob@x.example')
  await addUp()
  expect(await months()).toMatchObject([{ emails_sent: 1, contacts_reached: 2 }])
})

test('contacts of a month whose emails are gone from the ledger stay as many as they were', async () => {
  const { db } = database
  await sendOn('2026-03-02', 'ada@x.example')
  await sendOn('2026-03-03', 'bob@x.example')
  await addUp()
  await db.deleteFrom('emails').where('to_address', '=', 'bob@x.example').execute()
  await rebuild(db)
  await sumMonths(db)
  expect(await months()).toMatchObject([{ emails_sent: 2, contacts_reached: 2 }])
})

test('years are made ahead, each once, and what the default partition holds of them moves there', async () => {
  const { db } = database
  await sql`
    insert into billing_analytics (tenant_id, period_start, period_end, emails_sent, mailboxes_active, contacts_reached,
                                   plan_emails)
    values (${tenant.id}, '2041-05-01', '2041-05-31', 5, 1, 4, 3)`.execute(db)
  const calls = [1, 2].map(() => ensureBillingPartitions(db, new Date('2035-07-01')))
  const created = (await Promise.all(calls)).flat().sort()
  expect(created).toEqual(['y2036', 'y2037', 'y2041'].map((year) => `billing_analytics_${year}`))
  expect(await ensureBillingPartitions(db, new Date('2035-07-01'))).toEqual([])
  const { rows } = await sql`
    select tableoid::regclass::text as partition, contacts_reached, emails_over from billing_analytics
     where tenant_id = ${tenant.id}`.execute(db)
  expect(rows).toEqual([{ partition: 'billing_analytics_y2041', contacts_reached: 4, emails_over: 2 }])
})
