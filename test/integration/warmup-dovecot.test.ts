import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appendMessage } from '../../src/imap/change-folder.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { dovecotTitle, hasDovecot, startDovecot } from '../support/dovecot.ts'
import { insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { imapSession } from '../support/imap.ts'
import { insertImapMailbox } from '../support/inbox.ts'
import { insertExchange, insertWarmupAccount, openWarmup, warmupMail } from '../support/warmup.ts'

describe.skipIf(!hasDovecot)(dovecotTitle, () => {
  let database: TestDatabase
  let server: Awaited<ReturnType<typeof startDovecot>>

  beforeAll(async () => {
    database = await createTestDatabase()
    server = await startDovecot()
  })
  afterAll(async () => {
    await server.close()
    await database.close()
  })

  async function enrol(): Promise<Mailbox> {
    const tenant = await insertTenant(database.db)
    const { port, password } = server.door
    const mailbox = await insertImapMailbox(database.db, tenant.id, {
      port,
      password,
      username: `${mint('ann')}@lab.test`,
    })
    await insertWarmupAccount(database.db, mailbox)
    return mailbox
  }

  const doorOf = (mailbox: Mailbox) => ({ ...server.door, username: mailbox.email_address })

  async function receive(mailbox: Mailbox, folder: string): Promise<string> {
    const { token } = await insertExchange(database.db, mailbox)
    await imapSession(doorOf(mailbox), (session) => appendMessage(session, folder, warmupMail(token)))
    return token
  }

  /** What a folder holds: tokens in their order, and their flags. */
  const held = (mailbox: Mailbox, path: string) =>
    imapSession(doorOf(mailbox), async (session) => {
      await session.open(path)
      const query = { uid: true, flags: true, headers: ['x-rookery-warmup'] } as const
      const rows = await Array.fromAsync(
        session.fetch(path, '1:*', { ...query, headers: [...query.headers] }),
      )
      return rows.map(({ headers, flags }) => ({
        token: /: (\S+)/.exec(headers?.toString() ?? '')?.[1],
        flags: [...(flags ?? [])].filter((flag) => flag !== '\\Recent').sort(),
      }))
    })

  const wait = (mailbox: Mailbox) =>
    sql`
      update warmup_exchanges
         set planned_at = planned_at - interval '1 day', found_at = found_at - interval '1 day',
             act_after = act_after - interval '1 day', reply_after = null, wants_reply = false
       where email_account_id = ${mailbox.id}`.execute(database.db)

  test('has its warmup messages rescued from Junk, read, flagged and filed into a folder of their own', async () => {
    const { round } = openWarmup(database.db)
    const mailbox = await enrol()
    const inInbox = await receive(mailbox, 'INBOX')
    const inJunk = await receive(mailbox, 'Junk')
    await imapSession(doorOf(mailbox), (session) =>
      appendMessage(session, 'Junk', Buffer.from('Subject: real spam\r\n\r\nBuy.\r\n')),
    )
    for (let n = 0; n < 4; n += 1) {
      await round(mailbox)
      await wait(mailbox)
    }
    const flags = ['\\Flagged', '\\Seen']
    expect(await held(mailbox, 'Warmup')).toEqual([
      { token: inInbox, flags },
      { token: inJunk, flags },
    ])
    expect(await held(mailbox, 'INBOX')).toEqual([])
    expect(await held(mailbox, 'Junk')).toEqual([{ token: undefined, flags: [] }])
    const { rows } = await sql<{ type: string; count: number }>`
      select interaction_type as type, count(*)::int as count from warmup_interactions
       where email_account_id = ${mailbox.id} group by 1 order by 1`.execute(database.db)
    expect(Object.fromEntries(rows.map(({ type, count }) => [type, count]))).toEqual({
      received: 2,
      rescued: 1,
      read: 2,
      flagged: 2,
      filed: 2,
    })
    const account = database.db.selectFrom('warmup_accounts').selectAll()
    expect(await account.where('email_account_id', '=', mailbox.id).executeTakeFirst()).toMatchObject({
      round_failures: 0,
      last_round_note: null,
    })
  })
})
