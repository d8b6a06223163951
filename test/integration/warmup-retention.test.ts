import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { countRejectedToken } from '../../src/jobs/inbox/warmup-token.ts'
import { listPrunable, prune } from '../../src/jobs/maintenance/prune.ts'
import { listAcquaintances } from '../../src/warmup/acquaintance-store.ts'
import { findConversation } from '../../src/warmup/reply-store.ts'
import { deleteOldConversations } from '../../src/warmup/retention-store.ts'
import { newToken } from '../../src/warmup/token.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { testWarmupKey } from '../support/inbox.ts'
import { insertExchange, insertWarmupAccount } from '../support/warmup.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

const retention = { unmatchedDays: 180, matchedDays: 730, eventDays: 90, warmupEventDays: 180 }
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
const dateOf = (at: Date) => at.toISOString().slice(0, 10)

async function enrol(): Promise<Mailbox> {
  const { id } = await insertTenant(database.db, { warmup_pool: 'shared' })
  const mailbox = await insertMailbox(database.db, id)
  await insertWarmupAccount(database.db, mailbox)
  return mailbox
}

const partnerOf = ({ email_address }: Mailbox) => ({
  partner_mailbox: email_address,
  partner_domain: 'x.test',
  partner_provider: 'other',
})

interface Told {
  threadToken?: string
  depth?: number
  /** Of its email, in place of one that was sent. */
  email?: object
  finished?: boolean
}

/** One message and what its receiver did with it: both sides and three interactions. Returns its token. */
async function tell(
  [from, to]: readonly [Mailbox, Mailbox],
  at: Date,
  { threadToken, depth = 1, email = {}, finished = true }: Told = {},
): Promise<string> {
  const { db } = database
  const token = newToken(testWarmupKey, 'shared')
  const sent = {
    status: 'sent' as const,
    sent_at: at,
    sent_on: dateOf(at),
    due_at: at,
    message_id: mint('id'),
  }
  const { id } = await insertEmail(db, from, { kind: 'warmup', lane: 'low', ...sent, ...email })
  const common = { token, thread_token: threadToken ?? token, depth, plan_date: dateOf(at), planned_at: at }
  await insertExchange(db, from, { ...common, ...partnerOf(to), side: 'sender', email_id: id })
  const found = { found_at: at, placement: 'inbox' as const, finished_at: finished ? at : null }
  await insertExchange(db, to, { ...common, ...partnerOf(from), ...found })
  await db
    .insertInto('warmup_interactions')
    .values(
      (['received', 'read', 'filed'] as const).map((interaction_type) => ({
        ...{ tenant_id: to.tenant_id, id: newId(), email_account_id: to.id, token, interaction_type },
        ...{ partner_mailbox: from.email_address, interaction_at: at },
      })),
    )
    .execute()
  return token
}

/** A message and the answer to it, two days later. */
async function talk([one, other]: readonly [Mailbox, Mailbox], days: number, answer: Told = {}) {
  const threadToken = await tell([one, other], daysAgo(days))
  await tell([other, one], daysAgo(days - 2), { threadToken, depth: 2, ...answer })
  return threadToken
}

async function insertAggregates({ tenant_id, id: email_account_id }: Mailbox): Promise<void> {
  for (const days of [10, 181, 400]) {
    const of = { tenant_id, email_account_id, date: dateOf(daysAgo(days)) }
    await database.db
      .insertInto('warmup_daily_stats')
      .values({ ...of, emails_sent: 5 })
      .execute()
    await database.db
      .insertInto('warmup_rejects')
      .values({ ...of, reason: 'forged', count: 2 })
      .execute()
  }
}

const room = () => ({ db: database.db, retention })

const ofWarmup = (kinds: { what: string; rows: number }[]) =>
  kinds.filter(({ what }) => what.endsWith('of warmup')).map(({ rows }) => rows)

const pruneAll = async () => ofWarmup(await prune(room(), new AbortController().signal))

const threadsOf = async ({ id }: Mailbox) => {
  const rows = database.db
    .selectFrom('warmup_exchanges')
    .select('thread_token')
    .where('email_account_id', '=', id)
  return [...new Set((await rows.execute()).map((row) => row.thread_token))].sort()
}

const countOf = async (table: 'warmup_interactions' | 'warmup_daily_stats' | 'warmup_rejects' | 'emails') =>
  (await database.db.selectFrom(table).select('tenant_id').execute()).length

test('old conversations of two tenants go whole, as a dry run says; aggregates, emails and what is young or under way stay', async () => {
  const pair = [await enrol(), await enrol()] as const
  for (const mailbox of pair) await insertAggregates(mailbox)
  await talk(pair, 300)
  await talk([pair[1], pair[0]], 200)
  const kept = [
    await talk(pair, 181),
    await talk(pair, 250, { finished: false }),
    await talk(pair, 260, {
      email: { status: 'unknown', reason_code: 'x', error_message: 'x', sent_at: null, sent_on: null },
    }),
    await talk(pair, 270, { email: { complained_at: daysAgo(1) } }),
  ]
  const [interactions, emails] = [await countOf('warmup_interactions'), await countOf('emails')]
  expect(ofWarmup(await listPrunable(room()))).toEqual([20, 4])
  expect(await pruneAll()).toEqual([20, 4])
  for (const mailbox of pair) expect(await threadsOf(mailbox)).toEqual(kept.sort())
  expect(await countOf('warmup_interactions')).toBe(interactions - 12)
  expect([await countOf('emails'), await countOf('warmup_daily_stats')]).toEqual([emails, 6])
  expect(await countOf('warmup_rejects')).toBe(2)
  expect(ofWarmup(await listPrunable(room()))).toEqual([0, 0])
  expect(await pruneAll()).toEqual([0, 0])
})

test('two who have had conversations that are gone go on with the next one', async () => {
  const { db } = database
  const pair = [await enrol(), await enrol()] as const
  const [ann, bob] = pair
  await talk(pair, 400)
  await talk(pair, 300)
  const young = await tell(pair, daysAgo(1), { finished: false })
  const { id } = await db
    .selectFrom('warmup_exchanges')
    .select('id')
    .where('token', '=', young)
    .where('side', '=', 'receiver')
    .executeTakeFirstOrThrow()
  const read = async () => [
    await listAcquaintances(db, [ann.id, bob.id], dateOf(daysAgo(10))),
    (await db.transaction().execute((trx) => findConversation(trx, bob.tenant_id, id)))?.conversationsBefore,
  ]
  const before = await read()
  expect(before[1]).toBe(2)
  expect(await pruneAll()).toEqual([20, 0])
  expect(await read()).toEqual(before)
  await sql`update warmup_exchanges set planned_at = planned_at - interval '300 days', plan_date = plan_date - 300,
            finished_at = now() - interval '299 days' where thread_token = ${young}`.execute(db)
  await sql`update emails set sent_at = sent_at - interval '300 days' where email_account_id = ${ann.id}`.execute(
    db,
  )
  expect(await pruneAll()).toEqual([5, 0])
  const met = await listAcquaintances(db, [ann.id], dateOf(daysAgo(10)))
  expect(met).toEqual([{ mailboxId: ann.id, partner: bob.email_address, conversations: 3, lastDate: null }])
})

test('what may explain a quarantine stays until it has ended', async () => {
  const { db } = database
  const pair = [await enrol(), await enrol()] as const
  const conversation = await talk(pair, 200)
  const set = (health: 'quarantined' | 'healthy') =>
    db
      .updateTable('warmup_accounts')
      .set({ health, health_since: daysAgo(190) })
      .where('email_account_id', '=', pair[1].id)
      .execute()
  await set('quarantined')
  expect(await pruneAll()).toEqual([0, 0])
  expect(await threadsOf(pair[0])).toEqual([conversation])
  await set('healthy')
  expect(await pruneAll()).toEqual([10, 0])
})

test('a message that comes when its conversation is gone is no longer told apart, and not counted', async () => {
  const { db } = database
  const [ann, bob] = [await enrol(), await enrol()]
  const arrive = (token: string) => {
    const mailbox = { tenantId: bob.tenant_id, id: bob.id, address: bob.email_address, zone: 'UTC' }
    const message = { token, from: ann.email_address, at: new Date() }
    return db.transaction().execute((trx) => countRejectedToken(trx, testWarmupKey, mailbox, message))
  }
  const token = await tell([ann, bob], daysAgo(200))
  const before = await countOf('warmup_rejects')
  await arrive(token)
  expect(await pruneAll()).toEqual([5, 0])
  await arrive(token)
  expect(await countOf('warmup_rejects')).toBe(before)
  await arrive(`${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`)
  expect(await countOf('warmup_rejects')).toBe(before + 1)
})

test('a batch takes whole conversations, the oldest first, and goes by indexes however many are young', async () => {
  const { db } = database
  const pair = [await enrol(), await enrol()] as const
  const older = await talk(pair, 300)
  const oldest = await talk(pair, 400)
  const sides = sql`
    select g.n, s.side, s.tenant_id, s.mailbox_id
      from generate_series(1, 3000) g (n), (values ('sender', ${pair[0].tenant_id}::uuid, ${pair[0].id}::uuid),
        ('receiver', ${pair[1].tenant_id}::uuid, ${pair[1].id}::uuid)) s (side, tenant_id, mailbox_id)`
  await sql`
    insert into warmup_exchanges (tenant_id, id, email_account_id, side, token, thread_token, partner_mailbox,
      partner_domain, partner_provider, plan_date, planned_at, finished_at)
    select tenant_id, gen_random_uuid(), mailbox_id, side, 'token' || n, 'token' || n, 'a@x.test', 'x.test', 'other',
           current_date - 9, now(), now()
      from (${sides}) of_young`.execute(db)
  await sql`
    insert into warmup_interactions (tenant_id, id, email_account_id, interaction_type, partner_mailbox, token)
    select tenant_id, gen_random_uuid(), mailbox_id, 'read', 'a@x.test', 'token' || n from (${sides}) of_young`.execute(
    db,
  )
  // What other tests deleted stays in an index until it is vacuumed, and would be read.
  await sql`vacuum (analyze) warmup_exchanges, warmup_interactions`.execute(db)
  const scans = sql<{ whole: number; read: number }>`
    select pg_stat_get_xact_numscans('warmup_exchanges'::regclass)::int
             + pg_stat_get_xact_numscans('warmup_interactions'::regclass)::int as whole,
           pg_stat_get_xact_tuples_returned('warmup_exchanges_day_idx'::regclass)::int as read`
  const [before, after] = await db.transaction().execute(async (trx) => {
    const first = (await scans.execute(trx)).rows[0]
    expect(await deleteOldConversations(trx, 180, 40)).toBe(10)
    return [first, (await scans.execute(trx)).rows[0]]
  })
  expect(after).toEqual({ whole: before?.whole, read: (before?.read ?? 0) + 1 })
  expect(await threadsOf(pair[0])).toContain(older)
  expect(await threadsOf(pair[0])).not.toContain(oldest)
})
