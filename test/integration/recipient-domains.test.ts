import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDomainLookups, createMxResolver } from '../../src/jobs/scheduler/look-up-domains.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant } from '../support/factories.ts'
import { startNameServer } from '../support/name-server.ts'

const serverFailure = 2
const answers = {
  'firm.net': [
    [20, 'backup.firm.net'],
    [5, 'firm-net.mail.protection.outlook.com'],
  ],
  'own.net': [[10, 'mx.own.net']],
  'no-mail.net': [[0, '']],
  'address-only.net': [],
  'xn--mnchen-3ya.net': [[1, 'smtp.google.com']],
  'broken.net': serverFailure,
  'silent.net': 'silence',
} as const

let database: TestDatabase
let names: Awaited<ReturnType<typeof startNameServer>>

beforeAll(async () => {
  database = await createTestDatabase()
  names = await startNameServer(answers)
})

afterAll(async () => {
  await names.close()
  await database.close()
})

const listDomains = async () => {
  const rows = await database.db.selectFrom('recipient_domains').selectAll().execute()
  return new Map(
    rows.map(({ domain, provider, mx_host, looked_up_at, refresh_at }) => [
      domain,
      { provider, mx_host, hours: Math.round((refresh_at.getTime() - looked_up_at.getTime()) / 3_600_000) },
    ]),
  )
}

test('who takes the mail of a domain is asked of a name server, and asked again in time', async () => {
  const { db } = database
  const mailbox = await insertMailbox(db, (await insertTenant(db)).id)
  const domains = [
    'münchen.net',
    'gone.net',
    'gmail.com',
    'reader.test',
    'some.invalid',
    ...Object.keys(answers),
  ]
  for (const domain of domains.filter((name) => !name.startsWith('xn--')))
    await insertEmail(db, mailbox, { to_address: `ann@${domain}` })
  const resolve = createMxResolver(new AbortController().signal, { servers: [names.address], timeoutMs: 100 })
  await createDomainLookups(db, resolve)()

  const week = { hours: 7 * 24 }
  const alone = (domain: string, hours: number) =>
    [domain, { provider: domain, mx_host: null, hours }] as const
  expect(await listDomains()).toEqual(
    new Map<string, { provider: string; mx_host: string | null; hours: number }>([
      ['firm.net', { provider: 'microsoft', mx_host: 'firm-net.mail.protection.outlook.com', ...week }],
      ['own.net', { provider: 'own.net', mx_host: 'mx.own.net', ...week }],
      ['münchen.net', { provider: 'google', mx_host: 'smtp.google.com', ...week }],
      ['gmail.com', { provider: 'google', mx_host: null, ...week }],
      ...['no-mail.net', 'address-only.net', 'reader.test', 'some.invalid'].map((name) =>
        alone(name, 7 * 24),
      ),
      alone('gone.net', 24),
      ...['broken.net', 'silent.net'].map((name) => alone(name, 1)),
    ]),
  )
  const never = ['gmail.com', 'reader.test', 'some.invalid']
  expect(names.asked.filter((name) => never.includes(name))).toEqual([])
})

test('a lookup that a stop cut short leaves its domain to the next', async () => {
  const { db } = database
  const mailbox = await insertMailbox(db, (await insertTenant(db)).id)
  await insertEmail(db, mailbox, { to_address: 'ann@cut.silent.net' })
  const stopping = new AbortController()
  const resolver = createMxResolver(stopping.signal, { servers: [names.address], timeoutMs: 60_000 })
  const lookingUp = createDomainLookups(db, (domain) => {
    const asked = resolver(domain)
    stopping.abort()
    return asked
  })()
  expect(await lookingUp).toMatchObject({ lookedUp: 1 })
  expect((await listDomains()).has('cut.silent.net')).toBe(false)
})
