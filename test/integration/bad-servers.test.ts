import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSignedCertificate } from '../../src/lab/smtp-certificate.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { setCredential } from '../../src/mailboxes/credentials.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { verifyMailbox } from '../../src/smtp/verify.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { findEmail, laneOf } from '../support/lanes.ts'

let database: TestDatabase
let tenant: Tenant
let healthy: SmtpProvider
let refusing: SmtpProvider
let expired: SmtpProvider
let ssh: Server
let fleet: Awaited<ReturnType<typeof startFleet>>

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
  healthy = await startSmtpProvider()
  const wrongPassword = {
    at: 'AUTH',
    do: 'reply',
    code: 535,
    text: '5.7.8 Username and Password not accepted',
  } as const
  refusing = await startSmtpProvider({ behaviours: { '*': wrongPassword } })
  const certificate = selfSignedCertificate('localhost', { expired: true })
  expired = await startSmtpProvider({ tls: 'starttls', certificate })
  ssh = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.end('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
  })
  ssh.listen(0, '127.0.0.1')
  await once(ssh, 'listening')
  fleet = await startFleet(database, {}, { quiet: true })
})

afterAll(async () => {
  await fleet.stop()
  ssh.close()
  await Promise.all([healthy.close(), refusing.close(), expired.close()])
  await database.close()
})

const givePassword = (mailbox: Mailbox) => {
  const binding = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id, field: 'smtp_password' } as const
  return database.db.transaction().execute((trx) => setCredential(trx, fleet.sealer, binding, 'wrong'))
}

const sshPort = () => (ssh.address() as AddressInfo).port

describe.each([
  {
    name: 'a wrong password',
    settings: () => ({ smtp_port: refusing.port, smtp_username: 'ann' }),
    code: 'auth_failed',
    words: '535 5.7.8 Username and Password not accepted',
    endsByItself: false,
  },
  {
    name: 'an expired certificate',
    settings: () => ({ smtp_port: expired.port, smtp_security: 'starttls' as const }),
    code: 'tls_failed',
    words: 'certificate',
    endsByItself: true,
  },
  {
    name: 'a host that does not resolve',
    settings: () => ({ smtp_host: 'smtp.nowhere.invalid', smtp_insecure_auth: true }),
    code: 'dns_failed',
    words: 'smtp.nowhere.invalid',
    endsByItself: true,
  },
  {
    name: 'a server that speaks no SMTP',
    settings: () => ({ smtp_port: sshPort() }),
    code: 'not_smtp',
    words: 'SSH-2.0-OpenSSH_9.2p1',
    endsByItself: true,
  },
])('$name', ({ settings, code, words, endsByItself }) => {
  test('pauses that mailbox with the words of the server, and touches no other', async () => {
    const { db } = database
    const bad = await insertMailbox(db, tenant.id, settings())
    const good = await insertMailbox(db, tenant.id, { smtp_port: healthy.port })
    if (bad.smtp_username) await givePassword(bad)
    const [waiting, sent] = [await insertEmail(db, bad), await insertEmail(db, good)]
    await insertWakes(db, [
      { ...laneOf(bad), inMs: 0 },
      { ...laneOf(good), inMs: 0 },
    ])
    await eventually(async () => (await findEmail(db, sent)).status === 'sent')
    await eventually(async () => (await find(bad)).status === 'paused')
    const paused = await find(bad)
    expect(paused).toMatchObject({ status: 'paused', paused_code: code })
    expect(paused.status_reason).toContain(words)
    expect(paused.paused_until !== null).toBe(endsByItself)
    await eventually(async () => (await findEmail(db, waiting)).status === 'scheduled')
    expect(await findEmail(db, waiting)).toMatchObject({ transient_failures: 0 })
    expect(await find(good)).toMatchObject({ status: 'active' })
    expect(await db.selectFrom('smtp_hosts').selectAll().execute()).toEqual([])
  })

  test('is told in the same words by a test of the mailbox', async () => {
    const bad = await insertMailbox(database.db, tenant.id, settings())
    const check = await verifyMailbox({
      id: bad.id,
      host: bad.smtp_host,
      port: bad.smtp_port,
      security: bad.smtp_security,
      username: bad.smtp_username ?? undefined,
      password: bad.smtp_username ? 'wrong' : undefined,
      maxConnections: 1,
      insecureAuth: true,
    })
    expect(check).toMatchObject({ ok: false, code })
    expect('detail' in check && check.detail).toContain(words.replace(/^535 /, ''))
  })
})

const find = (mailbox: Mailbox) =>
  database.db.selectFrom('email_accounts').selectAll().where('id', '=', mailbox.id).executeTakeFirstOrThrow()
