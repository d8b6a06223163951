import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Db } from '../../src/db/connect.ts'
import { createClaimer, returnClaims } from '../../src/jobs/sending/claimer.ts'
import { claimEmails } from '../../src/sending/claim-emails.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type CommitFate, type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { insertEmail, insertMailbox, insertTenant, type Tenant } from '../support/factories.ts'
import {
  claimFor,
  claimOf,
  claimOptions,
  countByStatus,
  findEmail,
  laneOf,
  outcomeOf,
  readBudgets,
  settle,
} from '../support/lanes.ts'
import { killConnection, openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let tenant: Tenant

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 20 })
  tenant = await insertTenant(database.db)
})

afterAll(() => database.close())

beforeEach(async () => {
  proxy = await openDatabaseProxy(database.url, { maxConnections: 10 })
})

afterEach(() => proxy.close())

async function mailboxWith(due: number, overrides: Parameters<typeof insertMailbox>[2] = {}) {
  const mailbox = await insertMailbox(database.db, tenant.id, overrides)
  for (let n = 0; n < due; n += 1) await insertEmail(database.db, mailbox)
  return mailbox
}

const claimerOn = (db: Db, onRetry: (error: unknown) => void = () => {}) =>
  createClaimer(db, { ...claimOptions, clock: systemClock, coalesceMs: 1, onRetry })

/** Uses up the fates, one for each COMMIT; later ones pass. */
function commitFates(...fates: CommitFate[]): () => CommitFate {
  return () => fates.shift() ?? 'pass'
}

describe('a connection lost in a claim', () => {
  test('before its COMMIT arrives leaves nothing claimed, and nothing taken', async () => {
    const mailbox = await mailboxWith(3)
    proxy.onCommit = commitFates('lose')
    const answer = await claimerOn(proxy.db).add({ ...laneOf(mailbox), wanted: 3 })
    expect(answer.emails).toEqual([])
    expect(await countByStatus(database.db, mailbox)).toEqual({ scheduled: 3 })
    expect((await readBudgets(database.db, mailbox)).rolling).toBe(0)
  })

  test('after its COMMIT was carried out: the claim is found again and handed back with its budget', async () => {
    const mailbox = await mailboxWith(3, { daily_limit: 3 })
    proxy.onCommit = commitFates('lose answer')
    const claimer = claimerOn(proxy.db)
    const answer = await claimer.add({ ...laneOf(mailbox), wanted: 3 })
    expect(answer.emails).toEqual([])
    expect(await countByStatus(database.db, mailbox)).toEqual({ scheduled: 3 })
    expect(await readBudgets(database.db, mailbox)).toMatchObject({ days: [0], rolling: 0 })

    const again = await claimer.add({ ...laneOf(mailbox), wanted: 3 })
    expect(again.emails.map(({ attempt }) => attempt)).toEqual([2, 2, 2])
  })

  test('whose COMMIT arrives only after the claim was looked for leaves nothing behind', async () => {
    const mailbox = await mailboxWith(3)
    const lookingFor = Promise.withResolvers<unknown>()
    proxy.onCommit = commitFates('delay')
    const answering = claimerOn(proxy.db, lookingFor.resolve).add({ ...laneOf(mailbox), wanted: 3 })
    await lookingFor.promise
    await eventually(async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        database.db,
      )
      return rows.length > 0
    })
    proxy.release()
    expect((await answering).emails).toEqual([])
    expect(await countByStatus(database.db, mailbox)).toEqual({ scheduled: 3 })
    expect((await readBudgets(database.db, mailbox)).rolling).toBe(0)
  })

  test('hands back only what nobody has settled since, and hands it back once', async () => {
    const { db } = database
    const mailbox = await mailboxWith(2)
    const request = claimOf(mailbox, 2)
    const [answer] = await db.transaction().execute((trx) => claimEmails(trx, [request], claimOptions))
    const [sent, lost] = answer?.emails ?? []
    if (!sent || !lost) throw new Error('nothing was claimed')
    await settle(db, outcomeOf(sent, 'sent'))
    expect(await returnClaims(db, [request])).toBe(1)
    expect(await returnClaims(db, [request])).toBe(0)
    expect((await findEmail(db, sent)).status).toBe('sent')
    expect(await findEmail(db, lost)).toMatchObject({ status: 'scheduled', reason_code: 'claim_returned' })
    expect((await readBudgets(db, mailbox)).rolling).toBe(1)
  })

  test('of one lane does not lose the claims of other lanes', async () => {
    const lanes = await Promise.all([mailboxWith(1), mailboxWith(1), mailboxWith(1)])
    proxy.onCommit = commitFates('lose answer')
    const claimer = claimerOn(proxy.db)
    const claimAll = () => Promise.all(lanes.map((one) => claimer.add({ ...laneOf(one), wanted: 1 })))
    await claimAll()
    const answers = await claimAll()
    expect(answers.flatMap(({ emails }) => emails)).toHaveLength(3)
  })
})

type Fate = 'sent' | 'not sent' | 'worker dies' | 'killed before commit' | 'answer lost'

const fate = fc.constantFrom<Fate>('sent', 'not sent', 'worker dies', 'killed before commit', 'answer lost')

/** One worker's turn: claims, and meets its fate at some point of it. Returns how many emails may have gone out. */
async function turn(db: Db, mailbox: { tenant_id: string; id: string }, wanted: number, ends: Fate) {
  if (ends === 'killed before commit') {
    const victim = await openTransaction(db)
    await claimEmails(victim.trx, [claimOf(mailbox, wanted)], claimOptions)
    await killConnection(db, victim)
    await victim.rollback().catch(() => undefined)
    return 0
  }
  if (ends === 'answer lost') {
    const request = claimOf(mailbox, wanted)
    await db.transaction().execute((trx) => claimEmails(trx, [request], claimOptions))
    await returnClaims(db, [request])
    return 0
  }
  const emails = await claimFor(db, mailbox, wanted)
  if (ends === 'sent') await settle(db, ...emails.map((email) => outcomeOf(email, 'sent')))
  if (ends === 'not sent') await settle(db, ...emails.map((email) => outcomeOf(email, 'scheduled')))
  return ends === 'not sent' ? 0 : emails.length
}

test('however many workers claim at once and wherever they crash, the cap holds and is used up', async () => {
  const turns = fc.array(fc.record({ wanted: fc.integer({ min: 1, max: 4 }), ends: fate }), {
    minLength: 2,
    maxLength: 8,
  })
  const caps = fc.record({
    daily_limit: fc.integer({ min: 1, max: 5 }),
    rolling_limit: fc.integer({ min: 1, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(caps, turns, async (limits, schedule) => {
      const cap = Math.min(limits.daily_limit, limits.rolling_limit)
      const mailbox = await mailboxWith(cap + 3, limits)
      const gone = await Promise.all(
        schedule.map(({ wanted, ends }) => turn(database.db, mailbox, wanted, ends)),
      )
      const sent = gone.reduce((sum, count) => sum + count, 0)
      expect(sent).toBeLessThanOrEqual(cap)
      expect((await readBudgets(database.db, mailbox)).rolling).toBe(sent)
      // Whatever crashed, what is left of the cap can still be sent, and not one more.
      expect(await claimFor(database.db, mailbox, cap + 3)).toHaveLength(cap - sent)
    }),
    { numRuns: 15 },
  )
})
