import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { rookery as run } from '../support/rookery.ts'
import { insertWarmupAccount } from '../support/warmup.ts'

let database: TestDatabase
let home: string
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-warmup-'))
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
})
afterAll(async () => {
  await database.close()
  await fs.rm(home, { recursive: true, force: true })
})

const warmup = (...args: string[]) =>
  run(['warmup', ...args, '--tenant', tenant.name], {
    env: { DATABASE_URL: database.url, ROOKERY_HOME: home },
  })

const account = () =>
  database.db
    .selectFrom('warmup_accounts as w')
    .innerJoin('email_accounts as a', 'a.id', 'w.email_account_id')
    .selectAll('w')
    .select('a.warmup_status')
    .where('w.email_account_id', '=', mailbox.id)
    .executeTakeFirst()

test('a mailbox is enrolled, paused, resumed and ended, and each is refused where it makes no sense', async () => {
  const { db } = database
  const address = mailbox.email_address
  const noPool = await warmup('enrol', address)
  expect(noPool).toMatchObject({ code: 2, stderr: expect.stringContaining('rookery warmup pool shared') })
  expect((await warmup('pool', 'shared')).stdout).toContain('of other tenants in the shared pool')
  expect((await warmup('enrol', address)).stderr).toContain('has no IMAP server')
  await db
    .updateTable('email_accounts')
    .set({ imap_host: '127.0.0.1', imap_port: 993 })
    .where('id', '=', mailbox.id)
    .execute()
  const refused = await warmup('enrol', address, '--start', '50', '--folder', 'Junk')
  expect(refused.stderr).toContain('start: must not be above the ceiling')
  expect(refused.stderr).toContain('folder: "Junk" is the name of a folder')

  const enrolled = await warmup('enrol', address, '--start', '5', '--every-day', '--language', 'de')
  expect(enrolled.stdout).toBe(`${address} warms up from today: 5 emails a day, 2 more each day, up to 40.\n`)
  expect(await account()).toMatchObject({
    warmup_status: 'warming',
    ramp_start: 5,
    weekdays_only: false,
    language: 'de',
  })
  expect(await warmup('enrol', address)).toMatchObject({ code: 1 })
  const [standing] = JSON.parse((await warmup('status', '--json')).stdout)
  expect(standing).toMatchObject({ mailbox: address, status: 'warming', health: 'healthy', day: 1 })
  expect((await warmup('plan', address)).stdout).toContain('is not planned. Days are planned when they begin')
  const longAgo = { tenant_id: mailbox.tenant_id, email_account_id: mailbox.id, plan_date: '2020-01-31' }
  await db
    .insertInto('warmup_plans')
    .values({ ...longAgo, wanted: 3, planned: 2 })
    .execute()
  expect((await warmup('plan', address, '--date', '2020-01-31')).stdout).toMatch(/2 of 3 .*deleted by now/s)

  await insertEmail(db, mailbox, { kind: 'warmup', lane: 'low' })
  expect((await warmup('pause', address, '--reason', 'on leave')).stdout).toBe(
    'Paused. 1 email will not go out.\n',
  )
  expect((await warmup('status')).stdout).toMatch(/paused +healthy .*paused: on leave/)
  expect((await warmup('pause', address)).code).not.toBe(0)

  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
  await db
    .updateTable('warmup_accounts')
    .set({ started_on: daysAgo(5).toISOString().slice(0, 10), paused_at: daysAgo(3) })
    .where('email_account_id', '=', mailbox.id)
    .execute()
  await warmup('resume', address)
  expect(await account()).toMatchObject({
    ...{ warmup_status: 'warming', paused_at: null },
    started_on: daysAgo(2).toISOString().slice(0, 10),
  })

  expect((await warmup('end', address)).stdout).toBe('Ended. 0 emails will not go out.\n')
  expect(await account()).toMatchObject({ warmup_status: 'none' })
  const audit = await db
    .selectFrom('audit_log')
    .select('action')
    .where('entity_id', '=', mailbox.id)
    .execute()
  expect(audit.map(({ action }) => action).sort()).toEqual([
    'warmup.ended',
    'warmup.enrolled',
    'warmup.paused',
    'warmup.resumed',
  ])
})

test('the report says what each mailbox sent of its ramp, and where it landed', async () => {
  const { db } = database
  const sender = await insertMailbox(db, tenant.id)
  await insertWarmupAccount(db, sender)
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  await db
    .insertInto('warmup_daily_stats')
    .values({
      ...{ tenant_id: tenant.id, email_account_id: sender.id, date: day },
      ...{ ramp_cap: 8, emails_sent: 5, campaign_sent: 2 },
      ...{ inbox_count: 3, junk_count: 1, reputation_score: 62 },
      placement: JSON.stringify({ gmail: { inbox: 3, junk: 0 }, outlook: { inbox: 0, junk: 1 } }),
    })
    .execute()
  const { stdout } = await warmup('report', sender.email_address)
  expect(stdout).toContain(`${day} `)
  expect(stdout).toContain(`${'█'.repeat(20)}${'▒'.repeat(8)}${'░'.repeat(4)}`)
  expect(stdout).toMatch(/outlook +0 +1 +100 %/)
  const { mailboxes } = JSON.parse((await warmup('report', '--days', '7', '--json')).stdout)
  const found = mailboxes.find((one: { mailbox: string }) => one.mailbox === sender.email_address)
  expect(found).toMatchObject({
    reputation: 62,
    totals: { warmupSent: 5, junkShare: 0.25 },
    days: [{ cap: 8 }],
  })
})
