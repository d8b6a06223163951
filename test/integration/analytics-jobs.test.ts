import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findLastAudit } from '../../src/analytics/last-audit-store.ts'
import { newId } from '../../src/core/ids.ts'
import { rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { analyticsBilling } from '../../src/jobs/analytics-billing.ts'
import { analyticsCampaign } from '../../src/jobs/analytics-campaign.ts'
import { analyticsDaily } from '../../src/jobs/analytics-daily.ts'
import type { RunningJob } from '../../src/queue/pool.ts'
import { addAuditGauges } from '../../src/telemetry/audit-gauges.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { hasMidnightPassed } from '../../src/tenants/midnight-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Campaign,
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { rookery as run } from '../support/rookery.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let home: string
let tenant: Tenant
let mailbox: Mailbox
let campaign: Campaign
let step: string
let metrics: Metrics
let job: RunningJob

beforeAll(async () => {
  database = await createTestDatabase()
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-analytics-'))
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
  const made = await insertCampaign(database.db, tenant.id, [mailbox.id], { steps: [{}] })
  campaign = made.campaign
  step = made.steps[0]?.id ?? ''
  metrics = createMetrics({ process: 'analytics', version: 'test' })
  job = { id: newId(), attempt: 1, signal: new AbortController().signal }
})
afterAll(async () => {
  metrics.close()
  await database.close()
  await fs.rm(home, { recursive: true, force: true })
})

const log = createLogger({ level: 'fatal', format: 'json', name: 'test', output: { fd: 2 } })
const daily = (pass: 'hourly' | 'closing' | 'audit') =>
  analyticsDaily({ db: database.db, log, metrics })({ pass }, job)
const gauge = async (name: string) => (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value

const analytics = (...args: string[]) =>
  run(['analytics', ...args], { env: { DATABASE_URL: database.url, ROOKERY_HOME: home } })

async function sendOn(day: string, to: string): Promise<void> {
  const lead = await insertLead(database.db, tenant.id)
  const email = await insertEmail(database.db, mailbox, {
    ...{ campaign_id: campaign.id, step_id: step, lead_id: lead.id },
    status: 'sent',
    sent_on: day,
    sent_at: new Date(`${day}T12:00:00Z`),
    to_address: to,
  })
  await database.db
    .insertInto('email_events')
    .values({
      class: 'delivery',
      type: 'sent',
      id: newId(),
      tenant_id: tenant.id,
      email_account_id: mailbox.id,
      email_id: email.id,
      campaign_id: campaign.id,
      step_id: step,
      lead_id: lead.id,
      attempt: 1,
      occurred_at: new Date(`${day}T12:00:00Z`),
      sent_on: day,
    })
    .execute()
}

const billing = () =>
  database.db
    .selectFrom('billing_analytics')
    .select(['period_start', 'period_end', 'emails_sent', 'mailboxes_active', 'contacts_reached'])
    .orderBy('period_start')
    .execute()

test('a pass counts, campaigns and months follow, and what comes later is added to its month', async () => {
  await sendOn('2026-03-30', 'ada@x.example')
  await sendOn('2026-03-31', 'ada@x.example')
  await sendOn('2026-04-01', 'bob@x.example')
  expect(await daily('hourly')).toEqual({ kind: 'done', changed: 3 })
  expect(await daily('hourly')).toEqual({ kind: 'done', changed: 0 })
  expect(await gauge('rookery_analytics_events_total')).toBe(3)

  expect(await analyticsBilling({ db: database.db })({}, job)).toEqual({ kind: 'done', changed: 2 })
  const march = { period_start: '2026-03-01', period_end: '2026-03-31', mailboxes_active: 1 }
  expect(await billing()).toMatchObject([
    { ...march, emails_sent: 2, contacts_reached: 1 },
    { period_start: '2026-04-01', emails_sent: 1, contacts_reached: 1 },
  ])

  await sendOn('2026-03-02', 'eve@x.example')
  await daily('hourly')
  await analyticsBilling({ db: database.db })({}, job)
  expect(await billing()).toMatchObject([{ ...march, emails_sent: 3, contacts_reached: 2 }, {}])

  await analyticsCampaign({ db: database.db })({}, job)
  const { rows } = await sql<{ sent: number }>`
    select sent, delivery_rate from campaign_performance_mv where campaign_id = ${campaign.id}`.execute(
    database.db,
  )
  expect(rows).toEqual([{ sent: 4, delivery_rate: 100 }])
})

test('a month that stands at the sum of its days is not added up again', async () => {
  expect(await analyticsBilling({ db: database.db })({}, job)).toEqual({ kind: 'done', changed: 0 })
})

test('a pass that finds another at work comes again', async () => {
  const other = await openTransaction(database.db)
  await sql`select pg_advisory_xact_lock(hashtextextended('rookery rollup ' || current_schema(), 0))`.execute(
    other.trx,
  )
  expect(await daily('hourly')).toMatchObject({ kind: 'continue' })
  await other.rollback()
})

test('the closing pass runs after midnight in the zone of any tenant or mailbox, and at no other time', async () => {
  await setZone('email_accounts', zoneWhereItIs(6))
  await setZone('tenants', zoneWhereItIs(0))
  expect(await hasMidnightPassed(database.db, 61)).toBe(true)
  await setZone('tenants', zoneWhereItIs(6))
  expect(await hasMidnightPassed(database.db, 61)).toBe(false)
  expect(await daily('closing')).toEqual({ kind: 'done', changed: 0 })
  await setZone('email_accounts', zoneWhereItIs(0))
  expect(await hasMidnightPassed(database.db, 61)).toBe(true)
})

const setZone = (table: 'tenants' | 'email_accounts', timezone: string) =>
  database.db.updateTable(table).set({ timezone }).execute()

/** A zone whose hour it is now; in Etc, the sign is that of the way to Greenwich. */
function zoneWhereItIs(hour: number): string {
  const behind = (new Date().getUTCHours() - hour + 24) % 24
  return behind <= 12 ? `Etc/GMT+${behind}` : `Etc/GMT-${24 - behind}`
}

/** As a process exports them that has started since and took no audit itself. */
async function gaugesElsewhere() {
  const elsewhere = createMetrics({ process: 'sending', version: 'test' })
  addAuditGauges(elsewhere, { readState: () => findLastAudit(database.db) })
  const { text } = await elsewhere.render()
  elsewhere.close()
  const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  const ageSeconds = Date.now() / 1000 - read('rookery_analytics_audit_timestamp_seconds')
  return { differences: read('rookery_analytics_audit_differences'), fresh: Math.abs(ageSeconds) < 60 }
}

test('an audit finds nothing, or says what differs and fails; a rebuild mends it', async () => {
  expect(await gaugesElsewhere()).toEqual({ differences: Number.NaN, fresh: false })
  expect(await daily('audit')).toEqual({ kind: 'done', changed: 0 })
  expect(await gaugesElsewhere()).toEqual({ differences: 0, fresh: true })
  expect(await analytics('audit')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('is what it is derived from'),
  })

  await sql`update daily_analytics set emails_opened = 7 where date = '2026-03-30'`.execute(database.db)
  expect(await daily('audit')).toEqual({ kind: 'done', changed: 1 })
  expect(await gaugesElsewhere()).toEqual({ differences: 1, fresh: true })
  const audited = await analytics('audit', '--from', '2026-03-30', '--to', '2026-03-30')
  expect(audited.code).toBe(1)
  expect(audited.stdout).toMatch(/daily_analytics +events +2026-03-30 .* emails_opened +7 +0/)
  expect((await analytics('audit', '--from', '2026-03-31')).code).toBe(0)
  expect(await gaugesElsewhere()).toMatchObject({ differences: 1 })
  expect((await analytics('audit', '--from', 'soon')).code).toBe(2)

  expect((await analytics('rebuild')).stdout).toContain('Counted 4 events again.')
  expect((await analytics('audit')).code).toBe(0)
  expect(await rollUp(database.db)).toEqual({ events: 0 })
})
