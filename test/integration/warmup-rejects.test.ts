import { createSecretKey } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { readWarmupState } from '../../src/warmup/gauge-store.ts'
import { findKnownOfToken } from '../../src/warmup/reject-store.ts'
import { newToken, warmupKey } from '../../src/warmup/token.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { insertImapMailbox, openInbox, testWarmupKey } from '../support/inbox.ts'
import { insertExchange, warmupMail } from '../support/warmup.ts'

let database: TestDatabase
let farm: ImapFarm
let inbox: Awaited<ReturnType<typeof openInbox>>

beforeAll(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  inbox = await openInbox(database)
})
afterAll(async () => {
  await inbox.close()
  await farm.close()
  await database.close()
})

async function enrol(): Promise<Mailbox> {
  const tenant = await insertTenant(database.db)
  const username = `${mint('ann')}@lab.test`
  return insertImapMailbox(database.db, tenant.id, { port: farm.port, username, password: farm.password })
}

async function rejectsOf({ id }: Mailbox): Promise<Record<string, number>> {
  const rows = database.db.selectFrom('warmup_rejects').selectAll().where('email_account_id', '=', id)
  return Object.fromEntries((await rows.execute()).map(({ reason, count }) => [reason, count]))
}

test('tokens that were forged, repeated or sent to somebody else are counted, each message once', async () => {
  const { db } = database
  const ann = await enrol()
  const bob = await enrol()
  const token = newToken(testWarmupKey, 'shared')
  await insertExchange(db, ann, { token, thread_token: token })
  const deliver = (to: Mailbox, named: string, from?: string, more = '') =>
    farm.deliver(to.email_address, warmupMail(named, { more, ...(from && { from }) }))
  const sync = async () => {
    for (const mailbox of [ann, bob]) await inbox.sync(mailbox)
  }

  deliver(ann, token)
  await sync()
  expect(await rejectsOf(ann)).toEqual({})

  const stranger = warmupKey(createSecretKey(Buffer.alloc(32, 9)))
  deliver(ann, newToken(stranger, 'shared'))
  deliver(ann, token.replace(/^s/, 'c'))
  deliver(ann, token, 'bea@partner.test', 'X-Seen: again\r\n')
  deliver(ann, token, 'eve@evil.test')
  deliver(bob, token)
  await sync()
  await sync()
  expect(await rejectsOf(ann)).toEqual({ forged: 2, replayed: 2 })
  expect(await rejectsOf(bob)).toEqual({ misdirected: 1 })
  const { rejects } = await readWarmupState(db)
  expect(rejects.toSorted((a, b) => a.reason.localeCompare(b.reason))).toEqual([
    { reason: 'forged', count: 2 },
    { reason: 'misdirected', count: 1 },
    { reason: 'replayed', count: 2 },
  ])
})

test('a repeated token is found by index, without a look at the other messages of the mailbox', async () => {
  const ann = await enrol()
  for (const token of [1, 2, 3].map(() => newToken(testWarmupKey, 'shared')))
    farm.deliver(ann.email_address, warmupMail(token))
  await inbox.sync(ann)
  const read = sql<{ scans: number; entries: number }>`
    select pg_stat_get_xact_numscans(i)::int as scans, pg_stat_get_xact_tuples_returned(i)::int as entries
      from (select 'email_messages_warmup_token_idx'::regclass as i) i`
  const [before, after] = await database.db.transaction().execute(async (trx) => {
    await sql`set local enable_seqscan = off`.execute(trx)
    const first = await read.execute(trx)
    await findKnownOfToken(trx, { tenantId: ann.tenant_id, mailboxId: ann.id }, 'token')
    return [first.rows[0], (await read.execute(trx)).rows[0]]
  })
  expect(after).toEqual({ scans: (before?.scans ?? 0) + 1, entries: before?.entries })
})
