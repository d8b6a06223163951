import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { setCredential } from '../../src/mailboxes/credentials.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { findEmail, laneOf } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant
let server: SmtpProvider
let fleet: Awaited<ReturnType<typeof startFleet>>

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
  server = await startSmtpProvider({ login: { username: 'ann', password: 'right' } })
  fleet = await startFleet(database, { connectTimeoutSeconds: 1 }, { quiet: true })
})

afterAll(async () => {
  await fleet.stop()
  await server.close()
  await database.close()
})

async function mailboxWith(
  password: string,
  settings: Parameters<typeof insertMailbox>[2],
): Promise<Mailbox> {
  const mailbox = await insertMailbox(database.db, tenant.id, { smtp_username: 'ann', ...settings })
  const binding = { tenantId: tenant.id, mailboxId: mailbox.id, field: 'smtp_password' } as const
  await database.db.transaction().execute((trx) => setCredential(trx, fleet.sealer, binding, password))
  return mailbox
}

const find = (mailbox: Mailbox) =>
  database.db.selectFrom('email_accounts').selectAll().where('id', '=', mailbox.id).executeTakeFirstOrThrow()

const wake = (mailbox: Mailbox) => insertWakes(database.db, [{ ...laneOf(mailbox), inMs: 0 }])

async function sends(mailbox: Mailbox): Promise<void> {
  const email = await insertEmail(database.db, mailbox)
  await wake(mailbox)
  await eventually(async () => (await findEmail(database.db, email)).status === 'sent')
}

describe.each([
  ['the password', 'wrong', {}, 'auth_failed'],
  ['TLS where the server speaks none', 'right', { smtp_security: 'tls' }, 'tls_failed'],
  ['STARTTLS that the server does not offer', 'right', { smtp_security: 'starttls' }, 'tls_failed'],
] as const)('with %s wrong', (_, password, settings, code) => {
  test('a mailbox pauses by itself, and others of the same host and port go on', async () => {
    const { db } = database
    const [bad, good] = [
      await mailboxWith(password, { ...settings, smtp_port: server.port }),
      await mailboxWith('right', { smtp_port: server.port }),
    ]
    for (const _turn of [1, 2]) {
      await db
        .updateTable('email_accounts')
        .set({ status: 'active', paused_until: null, paused_code: null })
        .where('id', '=', bad.id)
        .execute()
      await db
        .updateTable('sending_lanes')
        .set({ blocked_code: null, blocked_until: null })
        .where('email_account_id', '=', bad.id)
        .execute()
      const email = await insertEmail(db, bad)
      await wake(bad)
      await eventually(async () => (await find(bad)).status === 'paused')
      await eventually(async () => (await findEmail(db, email)).status === 'scheduled')
      await sends(good)
    }
    expect(await find(bad)).toMatchObject({ status: 'paused', paused_code: code })
    expect(await find(good)).toMatchObject({ status: 'active' })
    expect(await db.selectFrom('smtp_hosts').selectAll().execute()).toEqual([])
  })
})

test('a server that says nothing counts as away: its host waits with the reason, and no other', async () => {
  const { db } = database
  const silent = createServer((socket) => void socket.on('error', () => {}))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const mailbox = await mailboxWith('right', { smtp_port: (silent.address() as AddressInfo).port })
  const email = await insertEmail(db, mailbox)
  await wake(mailbox)
  const lane = await eventually(async () => {
    const row = await db
      .selectFrom('sending_lanes')
      .selectAll()
      .where('email_account_id', '=', mailbox.id)
      .where('lane', '=', 'normal')
      .executeTakeFirstOrThrow()
    return row.blocked_code !== null && row
  })
  expect(lane).toMatchObject({ blocked_code: 'connect_failed' })
  expect(lane.blocked_until).not.toBeNull()
  expect(lane.blocked_reason).toMatch(/greeting/i)
  expect(await find(mailbox)).toMatchObject({ status: 'active' })
  expect(await findEmail(db, email)).toMatchObject({ status: 'scheduled', transient_failures: 0 })
  await sends(await mailboxWith('right', { smtp_port: server.port }))
  silent.close()
})
