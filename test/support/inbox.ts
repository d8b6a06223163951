import { createSecretKey } from 'node:crypto'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Db } from '../../src/db/connect.ts'
import { emailProcessing } from '../../src/jobs/email-processing.ts'
import { createInboxRoom, type InboxOptions } from '../../src/jobs/inbox/room.ts'
import { setCredential } from '../../src/mailboxes/credentials.ts'
import { closeQueue, openQueue } from '../../src/queue/boss.ts'
import { createSealer } from '../../src/secrets/sealer.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { warmupKey } from '../../src/warmup/token.ts'
import type { TestDatabase } from './database.ts'
import { insertMailbox, type Mailbox } from './factories.ts'
import { schemaNames } from './template.ts'

/** The configuration's defaults, at a pace for tests. */
const testInbox: InboxOptions = {
  slots: 20,
  shareOfSlots: 1,
  connectionsPerHost: 20,
  quantumSeconds: 60,
  firstSyncDays: 1,
  matchDays: 60,
  connectTimeoutSeconds: 2,
  silenceTimeoutSeconds: 5,
  looksSeconds: [120, 600, 3600, 21_600, 86_400],
  graceSeconds: 900,
}

/** For tests that start processes: ROOKERY_MASTER_KEY. */
export const masterKey = Buffer.alloc(32, 7)
export const testWarmupKey = warmupKey(createSecretKey(masterKey))
export const sealer = createSealer(createSecretKey(masterKey))

/** What an inbox process does, inside the test's own process and one sync at a time. */
export async function openInbox(database: TestDatabase, overrides: Partial<InboxOptions> = {}) {
  const { db, pool } = database
  const log = createLogger({ level: 'fatal', format: 'json', name: 'test', output: { fd: 2 } })
  const metrics = createMetrics({ process: 'test', version: '0' })
  const queue = await openQueue(pool, {
    schema: schemaNames.queueSchema,
    supervise: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    onError: (err) => log.error({ err }, 'queue.failed'),
  })
  const room = createInboxRoom(
    { db, queue, sealer, log, metrics, warmupKey: testWarmupKey },
    { ...testInbox, ...overrides },
  )
  const handle = emailProcessing(room)
  return {
    room,
    queue,
    metrics,
    /** Runs one job of the mailbox; `attempt` above 1 means that an earlier run died. */
    sync(mailbox: Mailbox, job: { attempt?: number; signal?: AbortSignal } = {}): Promise<Outcome> {
      const running = { id: mailbox.id, attempt: 1, signal: new AbortController().signal, ...job }
      return handle({ tenantId: mailbox.tenant_id, mailboxId: mailbox.id }, running)
    },
    close: () => closeQueue(queue),
  }
}

/** A mailbox whose mail lies on this server; its address is its login name. */
export async function insertImapMailbox(
  db: Db,
  tenantId: string,
  server: { port: number; username: string; password: string },
  overrides: Parameters<typeof insertMailbox>[2] = {},
): Promise<Mailbox> {
  const mailbox = await insertMailbox(db, tenantId, {
    email_address: server.username,
    imap_host: '127.0.0.1',
    imap_port: server.port,
    imap_security: 'none',
    imap_username: server.username,
    ...overrides,
  })
  const binding = { tenantId, mailboxId: mailbox.id, field: 'imap_password' } as const
  await db.transaction().execute((trx) => setCredential(trx, sealer, binding, server.password))
  return mailbox
}
