import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { createDb, createPool, type Db } from '../../src/db/connect.ts'
import { createClaimer } from '../../src/jobs/sending/claimer.ts'
import { createSettler, type SettlerOptions } from '../../src/jobs/sending/settler.ts'
import { type Outcome, replaySpool } from '../../src/jobs/sending/spool.ts'
import type { ClaimedEmail } from '../../src/sending/claim-emails.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import {
  claimFor,
  claimOptions,
  countByStatus,
  findEmail,
  laneOf,
  listEvents,
  outcomeOf,
} from '../support/lanes.ts'
import { schemaNames } from '../support/template.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let tenant: Tenant
let mailbox: Mailbox
let spoolDirectory: string

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
})

afterAll(() => database.close())

beforeEach(async () => {
  proxy = await openDatabaseProxy(database.url)
  mailbox = await insertMailbox(database.db, tenant.id)
  spoolDirectory = await mkdtemp(path.join(os.tmpdir(), 'rookery-spool-'))
})

afterEach(async () => {
  await proxy.close()
  await rm(spoolDirectory, { recursive: true })
})

async function claimed(count: number): Promise<ClaimedEmail[]> {
  for (let n = 0; n < count; n += 1) await insertEmail(database.db, mailbox)
  return claimFor(database.db, mailbox, count)
}

function settlerOn(db: Db, overrides: Partial<SettlerOptions> = {}) {
  const refused: string[] = []
  const settler = createSettler(db, {
    coalesceMs: 1,
    clock: systemClock,
    spoolDirectory,
    onRefused: (outcome) => refused.push(outcome.id),
    ...overrides,
  })
  return { settler, refused }
}

/** An outcome that was known so long ago. */
function outcomeAt(
  email: ClaimedEmail,
  status: Parameters<typeof outcomeOf>[1],
  agoMs = 0,
  overrides: Parameters<typeof outcomeOf>[2] = {},
): Outcome {
  return { ...outcomeOf(email, status, overrides), monotonicMs: systemClock.monotonicMs() - agoMs }
}

/** The ledger refuses an email that failed without a reason. */
const poison = (email: ClaimedEmail): Outcome => outcomeAt(email, 'failed', 0, { code: null, reason: null })

const replay = (now = () => new Date(), onRefused: (outcome: { id: string }) => void = () => {}) =>
  replaySpool(database.db, spoolDirectory, now, onRefused)

describe('outcomes of one batch', () => {
  test('are settled but for the one that the database refuses', async () => {
    const emails = await claimed(7)
    const { settler, refused } = settlerOn(database.db)
    const settled = await Promise.all(
      emails.map((email, at) => settler.settle(at === 4 ? poison(email) : outcomeAt(email, 'sent'))),
    )
    expect(settled).toEqual([true, true, true, true, false, true, true])
    expect(refused).toEqual([emails[4]?.id])
    expect(await countByStatus(database.db, mailbox)).toEqual({ sent: 6, submitting: 1 })
    expect(settler.pending).toBe(0)
  })

  test('are tried again, the same, when their transaction was chosen to break a deadlock', async () => {
    const { db } = database
    const emails = await claimed(2)
    const [first, second] = emails.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    if (!first || !second) throw new Error('too few were claimed')
    const retries: unknown[] = []
    const { settler } = settlerOn(db, { onRetry: (error) => retries.push(error) })
    const other = await openTransaction(db)
    await sql`set local deadlock_timeout = '1h'`.execute(other.trx)
    const lock = (id: string) =>
      other.trx.selectFrom('emails').select('id').where('id', '=', id).forUpdate().execute()
    await lock(second.id)
    const settling = Promise.all([first, second].map((email) => settler.settle(outcomeAt(email, 'sent'))))
    const { pid } = await waiterFor(other.pid)
    const locking = lock(first.id)
    await untilBlocked(db, { pid })
    await locking
    await other.commit()
    expect(await settling).toEqual([true, true])
    expect(retries).toMatchObject([{ code: '40P01' }])
    for (const email of emails) expect(await listEvents(db, email)).toHaveLength(1)
  })

  test('are not refused by a standby that is not promoted yet, but kept until it is', async () => {
    const emails = await claimed(3)
    const pool = createPool({
      url: database.url,
      schema: schemaNames.schema,
      maxConnections: 1,
      applicationName: 'rookery-test-standby',
      onIdleError: () => {},
    })
    await pool.query('set default_transaction_read_only = on')
    let promoted: Promise<unknown> | undefined
    const promote = () => {
      promoted ??= pool.query('set default_transaction_read_only = off')
    }
    const { settler, refused } = settlerOn(createDb(pool), { onRetry: promote })
    await Promise.all(emails.map((email) => settler.settle(outcomeAt(email, 'sent'))))
    await promoted
    await pool.end()
    expect(refused).toEqual([])
    expect(await countByStatus(database.db, mailbox)).toEqual({ sent: 3 })
  })
})

/** The server process that waits for that one. */
function waiterFor(pid: number): Promise<{ pid: number }> {
  return eventually(async () => {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity where ${pid}::int = any(pg_blocking_pids(pid))`.execute(database.db)
    return rows[0] ?? false
  })
}

describe('while the database is away', () => {
  test('outcomes wait and nothing is claimed; when it is back they are settled with their own time', async () => {
    const [email] = await claimed(1)
    await insertEmail(database.db, mailbox)
    if (!email) throw new Error('nothing was claimed')
    const tried = Promise.withResolvers<unknown>()
    const claimTried = Promise.withResolvers<unknown>()
    const { settler } = settlerOn(proxy.db, { onRetry: tried.resolve })
    const claimer = createClaimer(proxy.db, {
      ...claimOptions,
      clock: systemClock,
      coalesceMs: 1,
      onRetry: claimTried.resolve,
    })
    proxy.down()
    const settling = settler.settle(outcomeAt(email, 'sent', 60_000))
    const claiming = claimer.add({ ...laneOf(mailbox), wanted: 1 })
    await Promise.all([tried.promise, claimTried.promise])
    expect([settler.pending, claimer.pending]).toEqual([1, 1])
    expect(await countByStatus(database.db, mailbox)).toEqual({ submitting: 1, scheduled: 1 })

    proxy.up()
    expect(await settling).toBe(true)
    expect((await claiming).emails).toEqual([])
    const { sent_at: sentAt } = await findEmail(database.db, email)
    expect(Math.abs(Date.now() - 60_000 - Number(sentAt))).toBeLessThan(5000)
  })

  test('a process that ends spools its outcomes, and the next one settles them with their own time', async () => {
    const emails = await claimed(3)
    const { settler } = settlerOn(proxy.db)
    proxy.down()
    const settling = Promise.allSettled(
      emails.map((email) => settler.settle(outcomeAt(email, 'sent', 60_000))),
    )
    expect(await settler.close(10)).toEqual({ spooled: 3 })
    expect((await settling).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await countByStatus(database.db, mailbox)).toEqual({ submitting: 3 })

    const anHourLater = () => new Date(Date.now() + 3_600_000)
    expect(await replay(anHourLater)).toBe(3)
    expect(await countByStatus(database.db, mailbox)).toEqual({ sent: 3 })
    for (const email of emails) {
      const { sent_at: sentAt } = await findEmail(database.db, email)
      expect(Math.abs(Date.now() - 3_660_000 - Number(sentAt))).toBeLessThan(10_000)
    }
    expect(await readdir(spoolDirectory)).toEqual([])
    expect(await replay()).toBe(0)
  })

  test('a spool is for its owner alone to read', async () => {
    const [email] = await claimed(1)
    if (!email) throw new Error('nothing was claimed')
    const { settler } = settlerOn(proxy.db)
    proxy.down()
    const settling = settler.settle(outcomeAt(email, 'sent')).catch(() => undefined)
    await settler.close(1)
    await settling
    const [file = ''] = await readdir(spoolDirectory)
    expect((await stat(path.join(spoolDirectory, file))).mode & 0o777).toBe(0o600)
  })
})

describe('a process that ends', () => {
  test('spools nothing when the database takes everything in time', async () => {
    const [email] = await claimed(1)
    if (!email) throw new Error('nothing was claimed')
    const { settler } = settlerOn(database.db)
    const settling = settler.settle(outcomeAt(email, 'sent'))
    expect(await settler.close(10_000)).toEqual({ spooled: 0 })
    expect(await settling).toBe(true)
    expect(await readdir(spoolDirectory)).toEqual([])
  })
})

describe('a spool', () => {
  const spool = (name: string, outcomes: readonly Outcome[]) =>
    writeFile(
      path.join(spoolDirectory, name),
      outcomes.map((outcome) => `${JSON.stringify({ ...outcome, wallMs: Date.now() })}\n`).join(''),
    )

  test('is replayed once by processes that start at once', async () => {
    const emails = await claimed(4)
    for (const [at, email] of emails.entries())
      await spool(`settlements-${at}.jsonl`, [outcomeAt(email, 'scheduled', 0, { countsAsFailure: true })])
    await Promise.all([replay(), replay(), replay()])
    for (const email of emails) {
      expect((await findEmail(database.db, email)).transient_failures).toBe(1)
      expect(await listEvents(database.db, email)).toHaveLength(1)
    }
    expect(await readdir(spoolDirectory)).toEqual([])
  })

  test('with an outcome that the database refuses gives up the others all the same, and starts the process', async () => {
    const emails = await claimed(3)
    const refused: string[] = []
    await spool(
      'settlements-1.jsonl',
      emails.map((email, at) => (at === 1 ? poison(email) : outcomeAt(email, 'sent'))),
    )
    await replay(undefined, ({ id }) => refused.push(id))
    expect(refused).toEqual([emails[1]?.id])
    expect(await countByStatus(database.db, mailbox)).toEqual({ sent: 2, submitting: 1 })
  })

  test('that was not finished is left alone', async () => {
    await writeFile(path.join(spoolDirectory, 'settlements-1.jsonl.part'), '{"id":')
    expect(await replay()).toBe(0)
    expect(await readFile(path.join(spoolDirectory, 'settlements-1.jsonl.part'), 'utf8')).toBe('{"id":')
  })

  test('that was never needed is no error', async () => {
    expect(
      await replaySpool(
        database.db,
        path.join(spoolDirectory, 'none'),
        () => new Date(),
        () => {},
      ),
    ).toBe(0)
  })
})
