import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { recordEngagement } from '../../src/analytics/event-store.ts'
import { insertBounceEvents, lockEmails } from '../../src/bounces/act-store.ts'
import { newId } from '../../src/core/ids.ts'
import { audit, rebuild, rollUp, sumMonths } from '../../src/jobs/analytics/roll-up.ts'
import { recordAnswer } from '../../src/sending/answer-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertCampaign, insertLead, insertMailbox, insertTenant } from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let emailId: string
let names: { tenant: string; campaign: string; mailbox: string }

const all = { from: '-infinity', to: 'infinity' }
const sent_on = '2026-03-02'
const hour = (of: number) => new Date(Date.parse(`${sent_on}T00:00:00Z`) + of * 3_600_000)

beforeAll(async () => {
  database = await createTestDatabase()
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id)
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
  names = { tenant: tenant.name, campaign: campaign.campaign_name, mailbox: mailbox.email_address }
  const lead_id = (await insertLead(db, tenant.id)).id
  const place = { campaign_id: campaign.id, step_id: steps[0]?.id ?? null, lead_id, sent_on }
  const email = await insertSentEmail(db, mailbox, { ...place, sent_at: hour(9) })
  emailId = email.id
  const whose = { tenant_id: tenant.id, email_account_id: mailbox.id, email_id: email.id, attempt: 1 }
  await db
    .insertInto('email_events')
    .values({ class: 'delivery', type: 'sent', id: newId(), occurred_at: hour(9), ...whose, ...place })
    .execute()
  const ref = { tenantId: tenant.id, id: email.id }
  await db.transaction().execute(async (trx) => {
    const opened = { tenantId: tenant.id, emailId: email.id, type: 'opened', machine: null } as const
    await recordEngagement(trx, [{ ...opened, requestId: 'later', at: hour(12) }])
    await recordEngagement(trx, [{ ...opened, requestId: 'sooner', at: hour(11) }])
    for (const at of [14, 13])
      await recordAnswer(trx, ref, { type: 'replied', at: hour(at), identity: `${at}`, data: {} })
    await recordAnswer(trx, ref, { type: 'unsubscribed', at: hour(16), identity: 'by mail', data: {} })
    const [locked] = await lockEmails(trx, [ref])
    if (locked)
      await insertBounceEvents(trx, [{ email: locked, type: 'unsubscribed', at: hour(15), data: {} }])
  })
  await rollUp(db)
  await sumMonths(db)
})
afterAll(() => database.close())

const found = async (days = all) =>
  ((await audit(database.db, days)) ?? []).map(({ what, comparedWith, date, stored, computed }) => ({
    what,
    comparedWith,
    date,
    stored,
    computed,
  }))

const mend: string[] = []

/** Changes a column by hand, of the day of sending if there are days, for one test. */
async function breakColumn(table: string, column: string, value: string): Promise<void> {
  const rows = `${table} ${table.startsWith('daily') ? `where date = '${sent_on}'` : ''}`
  const { db } = database
  const was = await sql
    .raw<{ was: string }>(`select quote_nullable(${column}) as was from ${rows}`)
    .execute(db)
  const set = (to: string) => `update ${rows.replace(table, `${table} set ${column} = ${to}`)}`
  mend.push(set(`${was.rows[0]?.was}`))
  await sql.raw(set(value)).execute(db)
}
afterEach(async () => {
  for (const statement of mend.splice(0)) await sql.raw(statement).execute(database.db)
})

test('nothing differs where events came as they do, the later ones first', async () => {
  expect(await found()).toEqual([])
})

test('an email is unsubscribed from once, whether a mail or a report says so', async () => {
  const { rows } = await sql`select occurred_at from email_events where type = 'unsubscribed'`.execute(
    database.db,
  )
  expect(rows).toEqual([{ occurred_at: hour(16) }])
})

test.each([
  ['daily_analytics', 'emails_opened', '5', sent_on],
  ['daily_analytics', 'happened_opens', '5', sent_on],
  ['daily_step_analytics', 'emails_replied', '0', sent_on],
  ['campaign_analytics', 'replied', '7', null],
  ['campaign_analytics', 'first_sent_on', "'2026-01-01'", null],
  ['campaign_analytics', 'last_sent_on', 'null', null],
  ['billing_analytics', 'emails_sent', '9', '2026-03-01'],
  ['billing_analytics', 'mailboxes_active', '9', '2026-03-01'],
  ['billing_analytics', 'contacts_reached', '9', '2026-03-01'],
  ['billing_analytics', 'plan_contacts', '9', '2026-03-01'],
  ['emails', 'opened_at', 'null', sent_on],
  ['emails', 'clicked_at', "'2026-03-05'", sent_on],
  ['emails', 'replied_at', "replied_at + interval '1 minute'", sent_on],
  ['emails', 'bounced_at', "'2026-03-05'", sent_on],
  ['emails', 'unsubscribed_at', "'2026-03-05'", sent_on],
  ['emails', 'complained_at', "'2026-03-05'", sent_on],
])('%s.%s that was changed by hand is found', async (table, column, value, date) => {
  await breakColumn(table, column, value)
  const differences = (await found()).filter(({ what }) => what === table)
  expect(differences).toMatchObject([{ date }])
  expect(differences[0]?.stored?.[column]).not.toEqual(differences[0]?.computed?.[column])
})

test('an email that the ledger has as sent, and no event has told of, is found', async () => {
  const mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  const { id } = await insertSentEmail(database.db, mailbox, { kind: 'transactional', sent_on })
  expect(await found()).toMatchObject([
    {
      ...{ what: 'daily_analytics', comparedWith: 'ledger', date: sent_on },
      ...{ stored: { emails_sent: 0 }, computed: { emails_sent: 1 } },
    },
  ])
  await database.db.deleteFrom('emails').where('id', '=', id).execute()
})

test('other days than those asked for are left out, and so are emails of sealed days', async () => {
  await breakColumn('emails', 'opened_at', 'null')
  await breakColumn('billing_analytics', 'emails_sent', '9')
  expect(await found({ from: '2026-04-01', to: '2026-04-30' })).toEqual([])
  expect(await found({ from: '2026-03-31', to: '2026-04-30' })).toMatchObject([{ what: 'billing_analytics' }])
  await sql`insert into analytics_sealed_days (through) values (${sent_on})`.execute(database.db)
  expect(await found()).toMatchObject([{ what: 'billing_analytics' }])
  await sql`delete from analytics_sealed_days`.execute(database.db)
})

test('a month is compared whole, though its emails were sent after the days asked for', async () => {
  expect(await found({ from: '2026-02-01', to: '2026-03-01' })).toEqual([])
  await breakColumn('billing_analytics', 'emails_sent', '9')
  expect(await found({ from: '2026-02-01', to: '2026-03-01' })).toMatchObject([{ what: 'billing_analytics' }])
})

test('a rebuild gives emails the first facts that events tell of, and leaves the others and those of sealed days', async () => {
  const { db } = database
  await breakColumn('emails', 'opened_at', 'null')
  await breakColumn('emails', 'replied_at', "'2026-02-05'")
  await breakColumn('emails', 'clicked_at', "'2026-03-05'")
  await sql`insert into analytics_sealed_days (through) values ('2026-02-28')`.execute(db)
  expect(await rebuild(db)).toMatchObject({ facts: 1 })
  const email = await db.selectFrom('emails').selectAll().where('id', '=', emailId).executeTakeFirstOrThrow()
  const [sealed, untold] = [new Date('2026-02-05T00:00:00Z'), new Date('2026-03-05T00:00:00Z')]
  expect(email).toMatchObject({ opened_at: hour(11), replied_at: sealed, clicked_at: untold })
  expect(await rebuild(db)).toMatchObject({ facts: 0 })
  await sql`delete from analytics_sealed_days`.execute(db)
})

test('what happened on a sealed day, and may have been told then, is not compared; what did later is', async () => {
  const { db } = database
  await breakColumn('emails', 'opened_at', "'2026-02-01'")
  expect(await found()).toMatchObject([{ what: 'emails' }])
  await sql`insert into analytics_sealed_days (through) values ('2026-02-28')`.execute(db)
  expect(await found()).toEqual([])
  await breakColumn('emails', 'replied_at', 'null')
  expect(await found()).toMatchObject([{ stored: { opened_at: null }, computed: { opened_at: null } }])
  await sql`delete from analytics_sealed_days`.execute(db)
})

test('what differs is printed by name, figure by figure', async () => {
  await breakColumn('emails', 'opened_at', 'null')
  await breakColumn('billing_analytics', 'emails_sent', '9')
  const { code, stdout } = await rookery(['analytics', 'audit'], { env: { DATABASE_URL: database.url } })
  expect(code).toBe(1)
  const [, month, first, blank, sum] = stdout.trim().split('\n')
  const { tenant, campaign, mailbox } = names
  expect(month?.split(/ {2,}/)).toEqual([
    ...['billing_analytics', 'days, ledger and plan', '2026-03-01', tenant, '-', '-', '-', '-', '-'],
    ...['emails_sent', '9', '1'],
  ])
  expect(first?.split(/ {2,}/).slice(0, 11)).toEqual([
    ...['emails', 'events', sent_on, tenant, campaign, '-', '-', mailbox, emailId, 'opened_at', '-'],
  ])
  expect([blank, sum]).toEqual(['', '2 figures of 2 rows differ.'])
})

test('what differs by step names the step and the variant, days and campaigns alike, with names in JSON', async () => {
  await breakColumn('daily_step_analytics', 'variant', '2')
  const { stdout } = await rookery(['analytics', 'audit', '--json'], { env: { DATABASE_URL: database.url } })
  const found: Record<string, unknown>[] = JSON.parse(stdout)
  const byStep = found.map(({ what, comparedWith, step, variant }) => ({ what, comparedWith, step, variant }))
  const step = { position: 1, name: expect.any(String) }
  expect(byStep).toEqual(
    expect.arrayContaining([
      { what: 'daily_step_analytics', comparedWith: 'events', step, variant: null },
      { what: 'daily_step_analytics', comparedWith: 'events', step, variant: 'B' },
      { what: 'campaign_analytics', comparedWith: 'days', step, variant: null },
      { what: 'campaign_analytics', comparedWith: 'days', step, variant: 'B' },
    ]),
  )
  expect(byStep).toHaveLength(4)
  const { tenant, campaign } = names
  expect(found).toMatchObject(Array.from({ length: 4 }, () => ({ tenant, campaign, emailId: null })))
})
