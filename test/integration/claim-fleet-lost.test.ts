import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { countByStatus, laneOf, readBudgets } from '../support/lanes.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let provider: SmtpProvider

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await openDatabaseProxy(database.url, { maxConnections: 10 })
  provider = await startSmtpProvider()
})

afterAll(async () => {
  await provider.close()
  await proxy.close()
  await database.close()
})

async function mailboxWith(tenantId: string, due: number): Promise<Mailbox> {
  const mailbox = await insertMailbox(database.db, tenantId, { smtp_port: provider.port })
  for (let n = 0; n < due; n += 1) await insertEmail(database.db, mailbox)
  await insertWakes(database.db, [{ ...laneOf(mailbox), inMs: 0 }])
  return mailbox
}

test('a fleet that loses its connection at every fifth COMMIT strands nothing and sends nothing twice', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailboxes = await Promise.all([0, 1].map(() => mailboxWith(tenant.id, 15)))
  let commits = 0
  proxy.onCommit = () => {
    commits += 1
    if (commits % 5 !== 0) return 'pass'
    return commits % 2 === 0 ? 'lose' : 'lose answer'
  }
  const fleet = await startFleet({ db: proxy.db, pool: proxy.pool }, {}, { quiet: true })
  try {
    await eventually(
      async () => {
        for (const mailbox of mailboxes) expect(await countByStatus(db, mailbox)).toEqual({ sent: 15 })
      },
      { timeoutMs: 30_000 },
    )
  } finally {
    proxy.onCommit = () => 'pass'
    await fleet.stop()
  }
  expect(provider.accepted.total).toBe(30)
  expect(provider.accepted.duplicates()).toEqual({})
  for (const mailbox of mailboxes) expect((await readBudgets(db, mailbox)).rolling).toBe(15)
})
