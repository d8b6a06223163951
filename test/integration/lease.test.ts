import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import { sweepLeases } from '../../src/jobs/scheduler/sweep.ts'
import { createLeases, type Leases } from '../../src/jobs/sending/leases.ts'
import { type SendPorts, sendEmail } from '../../src/jobs/sending/send-email.ts'
import { createSettler } from '../../src/jobs/sending/settler.ts'
import type { Phase } from '../../src/lab/smtp-behaviours.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import type { ClaimedEmail } from '../../src/sending/claim-emails.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { setLeases } from '../../src/sending/lease-store.ts'
import { createTransports, type Transports } from '../../src/smtp/transports.ts'
import { findSuppressions, insertSuppressions } from '../../src/suppression/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { createHandClock, type HandClock } from '../support/hand-clock.ts'
import { claim, claimFor, claimOf, findEmail, laneOf, listEvents, readBudgets } from '../support/lanes.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let provider: SmtpProvider
let tenant: Tenant
let mailbox: Mailbox
let clock: HandClock
let transports: Transports
let leases: Leases
/** What happens when the server is at this point of the next message. */
let at: Partial<Record<Phase, () => void>>

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
  provider = await startSmtpProvider({
    rule: (phase) => {
      at[phase]?.()
      return undefined
    },
  })
})

afterAll(async () => {
  await provider.close()
  await database.close()
})

beforeEach(async () => {
  at = {}
  clock = createHandClock()
  transports = createTransports({ replyTimeoutMs: 5000 })
  mailbox = await insertMailbox(database.db, tenant.id, { smtp_port: provider.port })
  leases = leasesOf(30)
})

afterEach(async () => {
  leases.stop()
  await transports.close()
})

function leasesOf(leaseSeconds: number): Leases {
  return createLeases(database.db, { clock, leaseSeconds, marginSeconds: 2, onError: () => {} })
}

async function claimedEmail(overrides: Parameters<typeof insertEmail>[2] = {}): Promise<ClaimedEmail> {
  await insertEmail(database.db, mailbox, overrides)
  const [email] = await claimFor(database.db, mailbox, 1)
  if (!email) throw new Error('nothing was claimed')
  return email
}

const message = (email: ClaimedEmail) => ({
  subject: 'Hello',
  text: 'Hello.',
  from: { name: 'Robin Rook', address: mailbox.email_address },
  to: { address: email.to },
  messageId: email.messageId,
  date: new Date(),
})

/** Sends on the test's clock, claimed just now. */
function send(email: ClaimedEmail, overrides: Partial<SendPorts> = {}) {
  const { db } = database
  const settler = createSettler(db, {
    coalesceMs: 0,
    clock,
    spoolDirectory: '/nowhere',
    onRefused: (_, error) => expect.unreachable(String(error)),
  })
  const transport = transports.forMailbox({
    id: mailbox.id,
    host: '127.0.0.1',
    port: provider.port,
    security: 'none',
    username: undefined,
    password: undefined,
    maxConnections: 1,
    insecureAuth: false,
    provider: 'generic',
  })
  return sendEmail(
    email,
    { wallMs: clock.now().getTime(), monotonicMs: clock.monotonicMs() },
    { address: mailbox.email_address, transport },
    { baseSeconds: 1800, giveUpSeconds: 345_600 },
    {
      clock,
      leases,
      settler,
      random: () => 0,
      inFlight: { inc: () => {}, dec: () => {} },
      render: async () => message(email),
      findSuppression: async () =>
        (await findSuppressions(db, email.tenantId, email.to)).map(({ reason }) => reason)[0],
      onScope: async () => undefined,
      ...overrides,
    },
  )
}

async function expectWithheld(email: ClaimedEmail, code: string): Promise<void> {
  expect(provider.accepted.byMessageId.has(email.messageId)).toBe(false)
  expect(await findEmail(database.db, email)).toMatchObject({
    status: 'scheduled',
    reason_code: code,
    transient_failures: 0,
  })
  expect((await readBudgets(database.db, mailbox)).rolling).toBe(0)
}

describe('the last part of a message', () => {
  test('leaves while the lease stands by both clocks', async () => {
    const email = await claimedEmail()
    at = { DATA: () => clock.advance(27_000) }
    await send(email)
    expect((await findEmail(database.db, email)).status).toBe('sent')
    expect(provider.accepted.byMessageId.get(email.messageId)).toBe(1)
  })

  test('is withheld within the margin before the end of the lease: the server gets no dot', async () => {
    const email = await claimedEmail()
    const dots = provider.reached.dot ?? 0
    at = { DATA: () => clock.advance(28_000) }
    await send(email)
    await expectWithheld(email, 'lease_lapsed')
    expect(provider.reached.dot ?? 0).toBe(dots)
  })

  test('is withheld when only the wall clock went on, as while the machine slept', async () => {
    const email = await claimedEmail()
    at = { DATA: () => clock.sleep(40_000) }
    await send(email)
    await expectWithheld(email, 'lease_lapsed')
  })

  test('is withheld when the wall clock was set back and the machine stood still for longer than the lease', async () => {
    const email = await claimedEmail()
    at = {
      DATA: () => {
        clock.advance(40_000)
        clock.sleep(-40_000)
      },
    }
    await send(email)
    await expectWithheld(email, 'lease_lapsed')
  })

  test('is withheld when the recipient was suppressed since the claim, more than 30 s ago by either clock', async () => {
    const setBack = () => {
      clock.advance(31_000)
      clock.sleep(-31_000)
    }
    for (const later of [setBack, () => clock.sleep(31_000)]) {
      leases.stop()
      leases = leasesOf(120)
      const email = await claimedEmail()
      await insertSuppressions(database.db, tenant.id, [
        { scope: 'address', value: email.to, reason: 'unsubscribed', source: 'test' },
      ])
      at = { DATA: later }
      await send(email)
      await expectWithheld(email, 'suppressed')
      expect(await claim(database.db, claimOf(mailbox, 1))).toMatchObject([{ emails: [], picked: 1 }])
      expect(await findEmail(database.db, email)).toMatchObject({
        status: 'skipped',
        error_message: expect.stringContaining('unsubscribed'),
      })
    }
  })

  test('is withheld when the suppressions could not be asked', async () => {
    leases.stop()
    leases = leasesOf(120)
    const email = await claimedEmail()
    at = { DATA: () => clock.advance(31_000) }
    await send(email, { findSuppression: () => Promise.reject(new Error('the database is away')) })
    await expectWithheld(email, 'release_check_failed')
  })

  test('is withheld when the lease lapses while the suppressions are asked', async () => {
    leases.stop()
    leases = leasesOf(60)
    const email = await claimedEmail()
    at = { DATA: () => clock.advance(31_000) }
    const findSuppression = async () => {
      clock.advance(30_000)
      return undefined
    }
    await send(email, { findSuppression })
    await expectWithheld(email, 'lease_lapsed')
  })
})

describe('an email that cannot be made', () => {
  test('fails for its content, with its budget back', async () => {
    const email = await claimedEmail()
    await send(email, { render: () => Promise.reject(new AppError('invalid_input', 'first_name is blank')) })
    expect(await findEmail(database.db, email)).toMatchObject({
      status: 'failed',
      reason_code: 'content',
      error_message: 'first_name is blank',
    })
    expect((await readBudgets(database.db, mailbox)).rolling).toBe(0)
  })

  test('for want of a database is handed back, and neither fails nor becomes unknown', async () => {
    const email = await claimedEmail()
    await send(email, { render: () => Promise.reject(new Error('Connection terminated unexpectedly')) })
    const row = await findEmail(database.db, email)
    expect(row).toMatchObject({ status: 'scheduled', reason_code: 'not_rendered', transient_failures: 0 })
    expect((await readBudgets(database.db, mailbox)).rolling).toBe(0)
  })
})

describe('leases', () => {
  const expiryOf = async (email: { id: string }) => (await findEmail(database.db, email)).lease_until

  test('are renewed only for the attempt that holds them', async () => {
    const email = await claimedEmail()
    const older = { ...email, attempt: 0 }
    expect(await setLeases(database.db, [older], 600)).toEqual(new Set())
    const before = Number(await expiryOf(email))
    expect(await setLeases(database.db, [email], 600)).toEqual(new Set([email.id]))
    expect(Number(await expiryOf(email))).toBeGreaterThan(before + 500_000)
  })

  test('that are being settled are passed over, and hold up no other', async () => {
    const { db } = database
    const [settling, other] = [await claimedEmail(), await claimedEmail()]
    const settle = await openTransaction(db)
    await settle.trx.selectFrom('emails').select('id').where('id', '=', settling.id).forUpdate().execute()
    expect(await setLeases(db, [settling, other], 600)).toEqual(new Set([other.id]))
    await settle.rollback()
  })

  test('renewed while the sweep looks are left standing', async () => {
    const { db } = database
    const email = await claimedEmail()
    const past = sql<Date>`clock_timestamp() - interval '1 second'`
    await db.updateTable('emails').set({ lease_until: past }).where('id', '=', email.id).execute()
    const renewal = await openTransaction(db)
    await setLeases(renewal.trx, [email], 600)
    expect(await sweepLeases(db)).toBe(0)
    await renewal.commit()
    expect(await sweepLeases(db)).toBe(0)
    expect((await findEmail(db, email)).status).toBe('submitting')
  })

  test('of a lapsed email are not renewed back to life', async () => {
    const { db } = database
    const email = await claimedEmail()
    const past = sql<Date>`clock_timestamp() - interval '1 second'`
    await db.updateTable('emails').set({ lease_until: past }).where('id', '=', email.id).execute()
    expect(await sweepLeases(db)).toBe(1)
    expect(await setLeases(db, [email], 600)).toEqual(new Set())
    expect(await findEmail(db, email)).toMatchObject({ status: 'unknown', lease_until: null })
    expect(await listEvents(db, email)).toMatchObject([{ type: 'unknown' }])
  })
})

test('a server slower than the lease is waited for: the lease is renewed, and the email is sent', async () => {
  const { db } = database
  const slow = await startSmtpProvider({
    behaviours: { 'patient.test': { at: 'dot', do: 'delay', ms: 2500 } },
  })
  const owner = await insertMailbox(db, tenant.id, { smtp_port: slow.port })
  const email = await insertEmail(db, owner, { to_address: 'ada@patient.test' })
  await insertWakes(db, [{ ...laneOf(owner), inMs: 0 }])
  const fleet = await startFleet(database, {
    leaseSeconds: 1,
    leaseMarginSeconds: 0.2,
    replyTimeoutSeconds: 10,
  })
  try {
    await eventually(async () => (await findEmail(db, email)).status === 'sent')
  } finally {
    await fleet.stop()
    await slow.close()
  }
  expect((await listEvents(db, email)).map(({ type }) => type)).toEqual(['sent'])
})
