import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/app/config.ts'
import { startPools } from '../../src/app/pools.ts'
import { replaySpool } from '../../src/jobs/sending/spool.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { enqueueJobs } from '../../src/queue/enqueue.ts'
import { createSealer } from '../../src/secrets/sealer.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openDatabaseProxy } from '../support/database-proxy.ts'
import { insertEmail, insertMailbox, insertTenant } from '../support/factories.ts'
import { findEmail, laneOf } from '../support/lanes.ts'
import { openTestQueue } from '../support/queue.ts'

let database: TestDatabase
let provider: SmtpProvider
let spoolDirectory: string

beforeAll(async () => {
  database = await createTestDatabase()
  provider = await startSmtpProvider()
  spoolDirectory = await mkdtemp(path.join(os.tmpdir(), 'rookery-spool-'))
})

afterAll(async () => {
  await provider.close()
  await database.close()
  await rm(spoolDirectory, { recursive: true })
})

test('a sender told to stop while the database is away keeps what was accepted, and the next one settles it', async () => {
  const { db } = database
  const proxy = await openDatabaseProxy(database.url)
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port })
  const email = await insertEmail(db, mailbox, { to_address: 'ada@slow.test' })
  const queue = await openTestQueue(database)
  const lane = laneOf(mailbox)
  await db
    .transaction()
    .execute((trx) => enqueueJobs(queue.client, trx, 'email-sending', [{ payload: lane, key: 'a' }]))
  const pools = await startPools('sending', {
    config: readConfig({ ROOKERY_SHUTDOWN_SECONDS: '6' }),
    db: proxy.db,
    pool: proxy.pool,
    sealer: createSealer(createSecretKey(randomBytes(32))),
    warmupKey: randomBytes(32),
    log: createLogger({ level: 'fatal', format: 'json', name: 'test', output: { fd: 2 } }),
    metrics: createMetrics({ process: 'test', version: '0' }),
    signal: new AbortController().signal,
    spoolDirectory,
    outage: { covers: () => false, answered: () => {} },
    close: async () => {},
  })
  await provider.until(({ reached }) => (reached.dot ?? 0) > 0)
  proxy.down()
  await provider.waitForAccepted(1)
  await pools.stop()
  expect(await readdir(spoolDirectory)).toHaveLength(1)
  expect((await findEmail(db, email)).status).toBe('submitting')

  await replaySpool(
    db,
    spoolDirectory,
    () => new Date(),
    () => {},
  )
  expect((await findEmail(db, email)).status).toBe('sent')
  proxy.up()
  await proxy.close()
  await queue.close()
})
