import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertCampaign, insertEmail, insertMailbox, insertTenant } from '../support/factories.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let home: string

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'rookery-status-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

beforeEach(async () => {
  database = await createTestDatabase()
  return () => database.close()
})

function status(...args: string[]) {
  return rookery(['status', ...args], { env: { DATABASE_URL: database.url, ROOKERY_HOME: home }, cwd: home })
}

const read = async (...args: string[]) => JSON.parse((await status('--json', ...args)).stdout)

test('an idle installation says in plain words that no scheduler works', async () => {
  const { code, stdout } = await status()
  expect(code).toBe(0)
  expect(stdout).toContain('Database   reachable: ')
  expect(stdout).toContain('WARNING: none has ever worked here')
  expect(stdout).toContain('Emails     none yet')
})

test('a scheduler counts as working for as long as its ticks are fresh', async () => {
  const tick = (ago: string) =>
    sql`insert into scheduler_ticks (task, worker, ticked_at) values ('drainer', 'here:1', now() - ${ago}::interval)
        on conflict (task) do update set ticked_at = excluded.ticked_at`.execute(database.db)
  await tick('2 seconds')
  expect((await read()).scheduler).toMatchObject({ worker: 'here:1', working: true })
  await tick('3 minutes')
  expect((await read()).scheduler).toMatchObject({ working: false })
  expect((await status()).stdout).toContain('WARNING: none has worked for 3 min')
})

test('the ledger is counted, unknown emails are named, blocks and pauses say why', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id)
  const paused = await insertMailbox(db, tenant.id, { status: 'paused', status_reason: '535 no such user' })
  const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
  const inCampaign = { campaign_id: campaign.id, step_id: steps[0]?.id ?? null }
  const doubt = { status: 'unknown' as const, reason_code: 'lease_lapsed', error_message: 'it fell silent' }
  await insertEmail(db, mailbox, { ...inCampaign, due_at: new Date(Date.now() - 120_000) })
  await insertEmail(db, mailbox, { ...inCampaign, due_at: new Date(Date.now() + 3_600_000) })
  await insertEmail(db, paused, { due_at: new Date(Date.now() + 3_600_000) })
  const unknown: string[] = []
  for (let n = 0; n < 22; n += 1)
    unknown.push((await insertEmail(db, mailbox, { ...inCampaign, ...doubt })).id)
  const parked = { parked_code: 'no_control', parked_reason: 'that proves nothing' }
  const last = await insertEmail(db, mailbox, { ...inCampaign, ...doubt, ...parked })
  await db
    .updateTable('sending_lanes')
    .set({ blocked_code: 'daily_limit', blocked_reason: 'the day is full' })
    .where('email_account_id', '=', mailbox.id)
    .where('lane', '=', 'normal')
    .execute()

  const result = await read()
  expect(result.ledger.counts).toMatchObject({ scheduled: 3, unknown: 23, sent: 0 })
  expect(result.ledger.dueNow).toBe(1)
  expect(result.unknown.count).toBe(23)
  const named = result.unknown.emails.map(({ id }: { id: string }) => id)
  expect(named).toHaveLength(20)
  // What waits for an operator stands first.
  expect([last.id, ...unknown]).toEqual(expect.arrayContaining(named))
  expect(result.unknown.emails[0]).toMatchObject({ id: last.id, parkedReason: 'that proves nothing' })
  expect(result.unknown.emails[1]).toMatchObject({ mailbox: mailbox.email_address, reason: 'it fell silent' })
  expect(result.blockedLanes).toMatchObject([{ code: 'daily_limit', reason: 'the day is full', waiting: 2 }])
  expect(result.pausedMailboxes).toMatchObject([
    { mailbox: paused.email_address, reason: '535 no such user', waiting: 1 },
  ])
  expect(result.campaigns).toMatchObject([{ campaign: campaign.campaign_name, planned: 25, unknown: 23 }])

  const { stdout } = await status()
  expect(stdout).toContain('1 due now, the oldest for 2 min')
  expect(stdout).toContain('23 unknown')
  expect(stdout).toContain('and 3 more.')
  expect(stdout).toMatch(/ parked +that proves nothing/)
  expect(stdout).toMatch(/is paused +1 {2}somebody acts +535 no such user/)
})

test('what waits for two paused mailboxes of one address is counted for each', async () => {
  const { db } = database
  const add = async (waiting: number) => {
    const { id } = await insertTenant(db)
    const mailbox = await insertMailbox(db, id, { email_address: 'robin@acme.test', status: 'paused' })
    for (let n = 0; n < waiting; n += 1) await insertEmail(db, mailbox)
    return { mailboxId: mailbox.id, mailbox: 'robin@acme.test', waiting }
  }
  const paused = [await add(1), await add(2)]
  const { pausedMailboxes } = await read()
  expect(pausedMailboxes).toHaveLength(2)
  expect(pausedMailboxes).toEqual(expect.arrayContaining(paused.map((one) => expect.objectContaining(one))))
})

test('one tenant sees nothing of another', async () => {
  const { db } = database
  const [mine, other] = [await insertTenant(db), await insertTenant(db)]
  await insertEmail(db, await insertMailbox(db, other.id), {
    status: 'unknown',
    reason_code: 'lease_lapsed',
    error_message: 'it fell silent',
  })
  await insertMailbox(db, other.id, { status: 'paused' })
  const result = await read('--tenant', mine.name)
  expect(result.ledger.counts.unknown).toBe(0)
  expect(result).toMatchObject({ unknown: { count: 0, emails: [] }, pausedMailboxes: [], campaigns: [] })
})

test('a table that is locked holds up its own part and nothing else', async () => {
  const startedAt = performance.now()
  const result = await database.db.transaction().execute(async (trx) => {
    await sql`lock table emails in access exclusive mode`.execute(trx)
    return read()
  })
  expect(performance.now() - startedAt).toBeLessThan(12_000)
  expect(result.unanswered).toEqual(expect.arrayContaining(['ledger', 'unknown emails']))
  expect(result.ledger).toBeNull()
  expect(result.queues.length).toBeGreaterThan(0)
})

test('a database that was never migrated says what to run', async () => {
  const empty = await createEmptyDatabase()
  try {
    const { code, stderr } = await rookery(['status'], {
      env: { DATABASE_URL: empty.url, ROOKERY_HOME: home },
      cwd: home,
    })
    expect(code).toBe(1)
    expect(stderr).toContain('Run: rookery migrate')
  } finally {
    await empty.close()
  }
})
