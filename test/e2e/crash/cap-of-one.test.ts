import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SmtpProvider, startSmtpProvider } from '../../../src/lab/smtp-provider.ts'
import { budgetKeys } from '../../../src/sending/budgets.ts'
import { insertWakes } from '../../../src/sending/lane-store.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox } from '../../support/factories.ts'
import { laneOf } from '../../support/lanes.ts'
import { openWorkerHome, type Worker } from '../../support/worker.ts'

const senders = 8
const mailboxCount = 12
const lanes = ['high', 'normal', 'low'] as const

let database: TestDatabase
let provider: SmtpProvider
let home: Awaited<ReturnType<typeof openWorkerHome>>
/** Messages accepted, by the mailbox that sent them. */
let accepted: Map<string, number>

beforeEach(async () => {
  accepted = new Map()
  database = await createTestDatabase()
  provider = await startSmtpProvider({
    onAccepted: (_headers, { sender }) => accepted.set(sender, (accepted.get(sender) ?? 0) + 1),
  })
  // Fewer slots than lanes: no process can serve them all by itself.
  home = await openWorkerHome(database.url, { ROOKERY_LOG_FORMAT: 'json', ROOKERY_SENDING_SLOTS: '8' })
})

afterEach(async () => {
  await home.close()
  await provider.close()
  await database.close()
})

/** Mailboxes that may send one email a day, with two due in each of their lanes. */
async function fillMailboxes(): Promise<Mailbox[]> {
  const { db } = database
  const mailboxes: Mailbox[] = []
  for (let n = 0; n < mailboxCount; n += 1) {
    // A tenant each: one alone may not hold more than its share of a process's slots.
    const tenant = await insertTenant(db)
    const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port, daily_limit: 1 })
    for (const lane of [...lanes, ...lanes])
      await insertEmail(db, mailbox, { lane, to_address: 'ann@slow.test' })
    await insertBudgets(mailbox)
    mailboxes.push(mailbox)
  }
  return mailboxes
}

/** Its budgets are there, and free: those who make them wait for each other, those who take from them must too. */
async function insertBudgets(mailbox: Mailbox): Promise<void> {
  const limits = { mailboxId: mailbox.id, timezone: mailbox.timezone, dailyLimit: 1, rollingLimit: null }
  const keys = budgetKeys({ ...limits, minGapSeconds: 0, gapJitter: 0 }, new Date())
  const rows = keys.map((key) => ({ key, tenant_id: mailbox.tenant_id }))
  await database.db.insertInto('send_budgets').values(rows).execute()
}

const metricsUrl = (worker: Worker) => /"metrics":"([^"]+)"/.exec(worker.output())?.[1]

async function countClaims(worker: Worker): Promise<number> {
  const url = metricsUrl(worker)
  const text = url ? await (await fetch(url)).text() : ''
  return Number(/^rookery_claim_seconds_count\S* (\d+)/m.exec(text)?.[1] ?? 0)
}

test('a cap of 1 sends 1 with eight sending processes', async () => {
  const { db } = database
  const workers = Array.from({ length: senders }, () => home.start('sending'))
  const mailboxes = await fillMailboxes()
  await eventually(() => workers.every(metricsUrl), { timeoutMs: 60_000 })
  const wakes = mailboxes.flatMap((mailbox) => lanes.map((lane) => ({ ...laneOf(mailbox, lane), inMs: 0 })))
  await insertWakes(db, wakes)
  home.start('scheduler')
  const waiting = db
    .selectFrom('sending_lanes')
    .select('blocked_code')
    .where('blocked_code', 'in', ['daily_limit', 'rolling_limit'])
  await eventually(async () => (await waiting.execute()).length === mailboxCount * lanes.length, {
    timeoutMs: 60_000,
  })
  const submitting = db.selectFrom('emails').select('id').where('status', '=', 'submitting')
  await eventually(async () => (await submitting.execute()).length === 0)

  expect(accepted).toEqual(new Map(mailboxes.map((mailbox) => [mailbox.email_address, 1])))
  const claims = await Promise.all(workers.map(countClaims))
  expect(claims.filter((count) => count > 0).length).toBeGreaterThan(1)
})
