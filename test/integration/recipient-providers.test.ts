import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDomainLookups } from '../../src/jobs/scheduler/look-up-domains.ts'
import { startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { clearProviderRefusals, recordProviderRefusal } from '../../src/sending/recipient-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { claim, claimFor, claimOf, findEmail, laneOf } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
})

afterAll(() => database.close())

const emailTo = (address: string, from = mailbox) => insertEmail(database.db, from, { to_address: address })

const refuse = (provider: string, overrides: { hintSeconds?: number; tenantId?: string } = {}) =>
  recordProviderRefusal(database.db, {
    tenantId: tenant.id,
    provider,
    baseSeconds: 300,
    mostSeconds: 4 * 3600,
    hintSeconds: undefined,
    jitter: 0,
    code: 'provider_deferred',
    reason: '421 4.7.0 too fast',
    ...overrides,
  })

const secondsFromNow = (at: Date | undefined) => ((at?.getTime() ?? 0) - Date.now()) / 1000

/** As if its cool-down had just ended. */
const letPass = (provider: string) =>
  database.db
    .updateTable('recipient_cooldowns')
    .set({ until_at: new Date(Date.now() - 1000) })
    .where('provider', '=', provider)
    .execute()

test('domains that emails wait for are looked up once, known ones without a lookup', async () => {
  const asked: string[] = []
  const lookUp = createDomainLookups(database.db, async (domain) => {
    asked.push(domain)
    if (domain === 'nowhere.net') throw new Error('queryMx ENOTFOUND nowhere.net')
    return [{ exchange: 'aspmx.l.google.com', priority: 1 }]
  })
  const sender = await insertMailbox(database.db, tenant.id)
  for (const domain of ['firm.net', 'firm.net', 'nowhere.net', 'yahoo.de'])
    await emailTo(`ann@${domain}`, sender)
  expect(await lookUp()).toEqual({ lookedUp: 3, more: false })
  expect(await lookUp()).toEqual({ lookedUp: 0, more: false })
  expect(asked.sort()).toEqual(['firm.net', 'nowhere.net'])
  const emails = await claimFor(database.db, sender, 10)
  expect(new Map(emails.map((email) => [email.to, email.recipientProvider]))).toEqual(
    new Map([
      ['ann@firm.net', 'google'],
      ['ann@nowhere.net', 'nowhere.net'],
      ['ann@yahoo.de', 'yahoo'],
    ]),
  )
})

test('a lookup that fails later keeps what was known', async () => {
  await database.db
    .updateTable('recipient_domains')
    .set({ refresh_at: new Date(0) })
    .where('domain', '=', 'firm.net')
    .execute()
  const lookUp = createDomainLookups(database.db, () =>
    Promise.reject(new Error('queryMx ETIMEOUT firm.net')),
  )
  expect(await lookUp()).toMatchObject({ lookedUp: 1 })
  expect(await lookUp()).toMatchObject({ lookedUp: 0 })
  const row = await database.db
    .selectFrom('recipient_domains')
    .selectAll()
    .where('domain', '=', 'firm.net')
    .executeTakeFirstOrThrow()
  expect(row.provider).toBe('google')
})

test('emails to a provider in its cool-down wait for its end with its words, and hold up no other', async () => {
  const until = await refuse('slow.test')
  const waiting = await emailTo('ann@slow.test')
  const next = await emailTo('ann@quick.test')
  await claim(database.db, claimOf(mailbox, 1))
  const [answer] = await claim(database.db, claimOf(mailbox, 1))
  expect(answer?.emails.map(({ id }) => id)).toEqual([next.id])
  const row = await findEmail(database.db, waiting)
  expect(row).toMatchObject({ status: 'scheduled', reason_code: 'provider_cooldown', attempt: 0 })
  expect(row.error_message).toContain('421 4.7.0 too fast')
  expect(row.due_at).toEqual(until)
})

test('a cool-down holds for all mailboxes of its tenant and for no other tenant', async () => {
  await refuse('shared.test')
  const [sibling, stranger] = [
    await insertMailbox(database.db, tenant.id),
    await insertMailbox(database.db, (await insertTenant(database.db)).id),
  ]
  await emailTo('ann@shared.test', sibling)
  const other = await emailTo('ann@shared.test', stranger)
  expect(await claimFor(database.db, sibling, 1)).toEqual([])
  expect((await claimFor(database.db, stranger, 1)).map(({ id }) => id)).toEqual([other.id])
})

test('refusals lengthen it only one after the other, up to a bound', async () => {
  expect(secondsFromNow(await refuse('growing.test'))).toBeCloseTo(300, -1)
  expect(secondsFromNow(await refuse('growing.test'))).toBeCloseTo(300, -1)
  for (const seconds of [600, 1200, 2400, 4800, 9600, 14_400, 14_400]) {
    await letPass('growing.test')
    expect(Math.abs(secondsFromNow(await refuse('growing.test')) - seconds)).toBeLessThan(30)
  }
})

test('its own hint decides how long, and prolongs what stands', async () => {
  expect(Math.abs(secondsFromNow(await refuse('hint.test', { hintSeconds: 60 })) - 60)).toBeLessThan(30)
  expect(Math.abs(secondsFromNow(await refuse('hint.test', { hintSeconds: 900 })) - 900)).toBeLessThan(30)
})

test('an accepted email ends what was counted, but not a cool-down that stands', async () => {
  const key = { tenantId: tenant.id, provider: 'cleared.test' }
  const count = async () =>
    (
      await database.db
        .selectFrom('recipient_cooldowns')
        .selectAll()
        .where('provider', '=', key.provider)
        .execute()
    ).length
  await refuse(key.provider)
  await clearProviderRefusals(database.db, key)
  expect(await count()).toBe(1)
  await letPass(key.provider)
  await emailTo('ann@cleared.test')
  const [email] = await claimFor(database.db, mailbox, 1)
  expect(email?.providerCooldown).toMatchObject({ reason: '421 4.7.0 too fast' })
  await clearProviderRefusals(database.db, key)
  expect(await count()).toBe(0)
})

test('a provider that defers one email gets no other, and the email keeps its attempt', async () => {
  const { db } = database
  const provider = await startSmtpProvider()
  const fleet = await startFleet(database, { retryBaseSeconds: 1800 }, { quiet: true })
  try {
    const sender = await insertMailbox(db, tenant.id, { smtp_port: provider.port, max_connections: 1 })
    const refused = await emailTo('ann@limit.test', sender)
    const waiting = await emailTo('bob@limit.test', sender)
    const other = await emailTo('ann@elsewhere.test', sender)
    await insertWakes(db, [{ ...laneOf(sender), inMs: 0 }])
    await eventually(async () => (await findEmail(db, other)).status === 'sent')
    expect(await findEmail(db, refused)).toMatchObject({
      status: 'scheduled',
      reason_code: 'provider_deferred',
      transient_failures: 0,
    })
    expect(await findEmail(db, waiting)).toMatchObject({ reason_code: 'provider_cooldown', attempt: 0 })
    expect(await db.selectFrom('smtp_hosts').selectAll().execute()).toEqual([])
  } finally {
    await fleet.stop()
    await provider.close()
  }
})
