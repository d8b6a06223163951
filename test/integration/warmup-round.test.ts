import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ImapFarm, type ImapFarmOptions, startImapFarm } from '../../src/lab/imap-farm.ts'
import { type ImapFaults, type ImapFront, startImapFront } from '../../src/lab/imap-faults.ts'
import { newToken } from '../../src/warmup/token.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertMailbox, insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { insertSentEmail, insertSubmittingEmail } from '../support/inbound.ts'
import { insertImapMailbox, testWarmupKey } from '../support/inbox.ts'
import { findEmail, listEvents } from '../support/lanes.ts'
import { insertExchange, insertWarmupAccount, openWarmup, warmupMail } from '../support/warmup.ts'

let database: TestDatabase
let warmup: ReturnType<typeof openWarmup>
let farm: ImapFarm
let front: ImapFront
let mailbox: Mailbox
const started: { close(): Promise<void> }[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  warmup = openWarmup(database.db)
})
afterAll(async () => {
  for (const server of started.reverse()) await server.close()
  await database.close()
})
beforeEach(() => enrol())

/** A mailbox in warmup on a server of its own, with a front before it. */
async function enrol(options: ImapFarmOptions = {}) {
  farm = await startImapFarm(options)
  front = await startImapFront(farm)
  started.push(farm, front)
  const tenant = await insertTenant(database.db)
  const server = { port: front.port, username: `${mint('ann')}@lab.test`, password: farm.password }
  mailbox = await insertImapMailbox(database.db, tenant.id, server)
  await insertWarmupAccount(database.db, mailbox)
  farm.deliver(mailbox.email_address, Buffer.from('Subject: private\r\n\r\nHello.'))
}

/** An exchange whose message has come. */
async function receive(folder = 'INBOX', more = '') {
  const exchange = await insertExchange(database.db, mailbox)
  const uid = farm.deliver(mailbox.email_address, warmupMail(exchange.token, { more }), { folder })
  return { ...exchange, uid }
}

const round = (signal?: AbortSignal) => warmup.round(mailbox, signal)

/** As if so much time had gone by. */
const wait = (hours: number) =>
  sql`
    update warmup_exchanges
       set planned_at = planned_at - ${hours} * interval '1 hour', found_at = found_at - ${hours} * interval '1 hour',
           act_after = act_after - ${hours} * interval '1 hour', reply_after = reply_after - ${hours} * interval '1 hour'
     where email_account_id = ${mailbox.id}`.execute(database.db)

/** Enough for a message to be found, opened and put away. */
async function rounds(count = 3) {
  for (let n = 0; n < count; n += 1) {
    await round()
    await wait(24)
  }
}

async function interactions(token?: string): Promise<string[]> {
  const rows = await database.db
    .selectFrom('warmup_interactions')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .execute()
  // Those of one round bear the same time.
  const place = ({ interaction_type }: (typeof rows)[number]) => inOrder.indexOf(interaction_type)
  return rows
    .filter((row) => !token || row.token === token)
    .sort((a, b) => a.interaction_at.getTime() - b.interaction_at.getTime() || place(a) - place(b))
    .map((row) => row.interaction_type)
}

const inOrder = ['received', 'read', 'flagged', 'rescued', 'replied', 'filed']

const exchangeOf = ({ id }: { id: string }) =>
  database.db.selectFrom('warmup_exchanges').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

const account = () =>
  database.db
    .selectFrom('warmup_accounts')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .executeTakeFirstOrThrow()

const held = (folder: string) =>
  farm.folder(mailbox.email_address, folder).messages.map(({ content, flags }) => ({
    token: /X-Rookery-Warmup: (\S+)/.exec(content.read(0, content.size).toString())?.[1],
    flags: flags.toSorted().join(' '),
  }))

const foldersNamed = (name: string) =>
  farm.logIn(mailbox.email_address, farm.password)?.filter((folder) => folder.name === name).length

describe('a round', () => {
  test('finds a message, and opens and files it later', async () => {
    const { token, ...exchange } = await receive()
    await round()
    expect(await interactions()).toEqual(['received'])
    expect(await exchangeOf(exchange)).toMatchObject({ placement: 'inbox', finished_at: null })
    expect(held('INBOX')[1]).toEqual({ token, flags: '' })
    await wait(24)
    await round()
    expect(await interactions()).toEqual(['received', 'read', 'flagged', 'filed'])
    expect(held('Warmup')).toEqual([{ token, flags: '\\Flagged \\Seen' }])
    expect(held('INBOX')).toEqual([{ token: undefined, flags: '' }])
    expect((await exchangeOf(exchange)).finished_at).toEqual(expect.any(Date))
    expect(await account()).toMatchObject({ round_failures: 0, last_round_note: null })
  })

  test('rescues a message from Junk, and files it the time after', async () => {
    const { token } = await receive('Junk')
    await rounds(2)
    expect(held('INBOX')).toContainEqual({ token, flags: '\\Flagged \\Seen' })
    await round()
    expect(await interactions()).toEqual(['received', 'read', 'flagged', 'rescued', 'filed'])
    expect(held('Junk')).toEqual([])
    expect(held('Warmup')).toHaveLength(1)
  })

  test('does with many messages what it does with one, in one session', async () => {
    for (let n = 0; n < 12; n += 1) await receive(n % 3 === 0 ? 'Junk' : 'INBOX')
    await rounds(3)
    expect(held('Warmup')).toHaveLength(12)
    expect(farm.logins.get(mailbox.email_address)).toBe(3)
    expect((await interactions()).filter((type) => type === 'rescued')).toHaveLength(4)
  })

  test('asks the server for nothing when nothing is due', async () => {
    await insertExchange(database.db, mailbox, { planned_at: new Date(Date.now() + 600_000) })
    await round()
    expect(front.connections.total).toBe(0)
    expect((await account()).next_round_at.getTime()).toBeGreaterThan(Date.now() + 590_000)
  })

  test.each(['unknown', 'submitting'] as const)(
    'proves that a message was sent whose sending is %s',
    async (status) => {
      const { db } = database
      const partner = await insertMailbox(db, (await insertTenant(db)).id)
      const found = { kind: 'warmup', lane: 'low', lease_until: new Date(Date.now() - 60_000) } as const
      const why = { reason_code: 'lease_lapsed', error_message: 'the worker died' }
      const doubt = status === 'unknown' ? why : {}
      const sent = await insertSubmittingEmail(db, partner, { ...found, ...doubt, status })
      const { token } = await receive()
      await insertExchange(db, partner, { side: 'sender', token, email_id: sent.id })
      await round()
      expect(await findEmail(db, sent)).toMatchObject({
        status: 'sent',
        sent_at: sent.claimed_at,
        sent_on: sent.claimed_at?.toISOString().slice(0, 10),
      })
      expect((await listEvents(db, sent)).map(({ type }) => type)).toEqual(['warmup_sent'])
      expect(await interactions(token)).toEqual(['received'])
    },
  )

  test('leaves alone a message that repeats the token of another sender', async () => {
    const { token } = await insertExchange(database.db, mailbox)
    farm.deliver(mailbox.email_address, warmupMail(token, { from: 'eve@evil.test' }))
    await rounds(2)
    expect(await interactions()).toEqual([])
    expect(held('INBOX')[1]).toEqual({ token, flags: '' })
  })
})

/** A message of a mailbox of another tenant in the shared pool, which is answered. */
async function receiveFromPartner({ subject }: { subject?: string } = {}) {
  const { db } = database
  await db
    .updateTable('warmup_accounts')
    .set({ reply_share: 1 })
    .where('email_account_id', '=', mailbox.id)
    .execute()
  const other = await insertTenant(db, { warmup_pool: 'shared' })
  await db.updateTable('tenants').set({ warmup_pool: 'shared' }).where('id', '=', mailbox.tenant_id).execute()
  const partner = await insertMailbox(db, other.id, { display_name: 'Bea Birch' })
  await insertWarmupAccount(db, partner)
  const token = newToken(testWarmupKey, 'shared')
  const named = { token, thread_token: token, partner_mailbox: partner.email_address }
  const received = await insertExchange(db, mailbox, named)
  const sent = await insertSentEmail(db, partner, { kind: 'warmup', lane: 'low' })
  await insertExchange(db, partner, {
    ...named,
    ...{ side: 'sender', partner_mailbox: mailbox.email_address, email_id: sent.id },
  })
  const more = 'References: <a@b.test>\r\n'
  farm.deliver(mailbox.email_address, warmupMail(token, { from: partner.email_address, more, subject }))
  return { token, received, sent, partner }
}

describe('a round that is repeated', () => {
  test('answers several at a time minutes apart, on no round minute, whatever their subjects hold', async () => {
    const subjects = ['=?utf-8?q?Lunch=00=0D=0ABcc:_eve?=', '=?utf-8?q?=ED=A0=80?=', 'Dinner?']
    for (const subject of subjects) await receiveFromPartner({ subject })
    await rounds(3)
    const answers = await database.db
      .selectFrom('emails')
      .selectAll()
      .where('email_account_id', '=', mailbox.id)
      .orderBy('due_at')
      .execute()
    const said = answers.map(({ content }) => (content as { subject: string }).subject)
    expect(said.toSorted()).toEqual(['Re: Dinner?', 'Re: Lunch Bcc: eve', expect.stringMatching(/^Re: /)])
    for (const [nth, { due_at }] of answers.entries()) {
      expect(due_at.getUTCSeconds()).toBeGreaterThan(0)
      const apart = due_at.getTime() - (answers[nth - 1]?.due_at.getTime() ?? 0)
      expect(apart).toBeGreaterThan(60_000)
    }
    expect((await account()).round_failures).toBe(0)
  })

  test('answers in the conversation, once, through the ledger', async () => {
    const { db } = database
    const { token, received, sent, partner } = await receiveFromPartner()
    await rounds(3)
    await db
      .updateTable('warmup_exchanges')
      .set({ finished_at: null })
      .where('id', '=', received.id)
      .execute()
    await rounds(2)

    expect((await interactions(token)).filter((type) => type === 'replied')).toHaveLength(1)
    expect((await listEvents(db, sent)).map(({ type }) => type)).toEqual(['warmup_opened'])
    const emails = await db
      .selectFrom('emails')
      .selectAll()
      .where('email_account_id', '=', mailbox.id)
      .execute()
    expect(emails).toMatchObject([
      {
        kind: 'warmup',
        to_address: partner.email_address,
        content: { subject: 'Re: Lunch on Tuesday?', references: ['<a@b.test>', `<${token}@partner.test>`] },
      },
    ])
    const next = await db
      .selectFrom('warmup_exchanges')
      .select(['side', 'depth', 'email_account_id'])
      .where('thread_token', '=', token)
      .where('depth', '=', 2)
      .orderBy('side')
      .execute()
    expect(next).toEqual([
      { side: 'receiver', depth: 2, email_account_id: partner.id },
      { side: 'sender', depth: 2, email_account_id: mailbox.id },
    ])
  })

  test('does nothing twice', async () => {
    await receive('Junk')
    for (let n = 0; n < 3; n += 1) {
      await round()
      await round()
      await wait(24)
    }
    const all = await interactions()
    expect(all.toSorted()).toEqual(['filed', 'flagged', 'read', 'received', 'rescued'])
  })

  /** The server has done it, and the round ends before the database hears of it. */
  const killedAfter = async (command: string) => {
    front.faults = { drop: { at: command, afterBytes: 0, times: 1 } }
    await round()
    front.faults = {}
  }

  test.each(['UID STORE', 'UID MOVE'])('after it was cut off at %s says each thing once', async (command) => {
    const { token } = await receive('Junk')
    await round()
    await wait(24)
    await killedAfter(command)
    expect(await account()).toMatchObject({ round_failures: 1 })
    await rounds(2)
    expect((await interactions()).toSorted()).toEqual(['filed', 'flagged', 'read', 'received', 'rescued'])
    expect(held('Warmup')).toEqual([{ token, flags: '\\Flagged \\Seen' }])
    expect(held('INBOX')).toHaveLength(1)
  })

  test('after it was cut off when it had filed says so', async () => {
    await receive()
    await round()
    await wait(24)
    await killedAfter('UID MOVE')
    expect(await interactions()).toEqual(['received', 'read', 'flagged'])
    await round()
    expect(await interactions()).toEqual(['received', 'read', 'flagged', 'filed'])
    expect(held('Warmup')).toHaveLength(1)
  })

  test('after it was cut off between copying and removing, on a server without MOVE, copies nothing again', async () => {
    const { token } = await receive('Junk')
    const cut = { hide: ['MOVE'], drop: { at: 'UID COPY', afterBytes: 0 } }
    for (const where of ['INBOX', 'Warmup']) {
      front.faults = { hide: ['MOVE'] }
      await round()
      await wait(24)
      front.faults = cut
      await round()
      expect(held(where).filter((message) => message.token === token)).toHaveLength(1)
    }
    front.faults = { hide: ['MOVE'] }
    await rounds(2)
    expect((await interactions()).toSorted()).toEqual(['filed', 'flagged', 'read', 'received', 'rescued'])
    expect(held('Junk')).toEqual([])
    expect(held('INBOX')).toEqual([{ token: undefined, flags: '' }])
    expect(held('Warmup')).toEqual([{ token, flags: '\\Flagged \\Seen' }])
  })

  test('after its process was told to stop goes on', async () => {
    await receive()
    front.faults = { hang: { at: 'UID SEARCH', times: 1 } }
    const stop = new AbortController()
    const stopped = round(stop.signal)
    await eventually(() => front.commands.some((line) => line.startsWith('UID SEARCH')))
    stop.abort()
    expect(await stopped).toEqual({ kind: 'continue', afterMs: 0, changed: 0 })
    expect(await account()).toMatchObject({ round_failures: 0 })
    await rounds(2)
    expect(await interactions()).toEqual(['received', 'read', 'flagged', 'filed'])
  })
})

describe('a mailbox', () => {
  test('without a Junk folder is read all the same, and that is said', async () => {
    await enrol({ folders: [{ name: 'Sent' }] })
    await receive()
    await rounds(2)
    expect(await interactions()).toContain('filed')
    expect((await account()).last_round_note).toMatch(/no Junk folder/)
  })

  test.each(['Spamverdacht', 'Courrier ind&AOk-sirable'])(
    'whose Junk is called %s has it read',
    async (name) => {
      await enrol({ folders: [{ name }] })
      await receive(name)
      await rounds(3)
      expect((await interactions()).toSorted()).toEqual(['filed', 'flagged', 'read', 'received', 'rescued'])
    },
  )

  test('whose folder for warmup is there already gets no second one', async () => {
    await enrol({ folders: [{ name: 'Junk' }, { name: 'Warmup' }] })
    await receive()
    await rounds(2)
    expect(held('Warmup')).toHaveLength(1)
    expect(foldersNamed('Warmup')).toBe(1)
    expect(front.commands.some((line) => line.startsWith('CREATE'))).toBe(false)
  })

  test.each<[string, ImapFaults, RegExp]>([
    [
      'is read-only',
      { answers: { 'UID STORE': 'NO [READ-ONLY] no', 'UID MOVE': 'NO [READ-ONLY] no' } },
      /READ-ONLY|no\b/,
    ],
    ['is over its quota', { answers: { CREATE: 'NO [OVERQUOTA] Quota exceeded' } }, /Quota exceeded/],
    [
      'is on a server that hangs up',
      { drop: { at: 'UID FETCH', afterBytes: 30 } },
      /fetch|closed|connection/i,
    ],
    [
      'is on a server that refuses its password',
      { answers: { LOGIN: 'NO [AUTHENTICATIONFAILED] no', AUTHENTICATE: 'NO [AUTHENTICATIONFAILED] no' } },
      /log in/,
    ],
  ])('that %s is told in words, waited for, and done when it can be', async (_, faults, words) => {
    await receive()
    await round()
    await wait(24)
    front.faults = faults
    expect(await round()).toMatchObject({ kind: 'done' })
    const { last_round_note, round_failures, next_round_at } = await account()
    expect(last_round_note).toMatch(words)
    expect(round_failures).toBe(1)
    expect(next_round_at.getTime()).toBeGreaterThan(Date.now() + 30_000)
    front.faults = {}
    await round()
    await wait(24)
    await round()
    expect(await interactions()).toEqual(['received', 'read', 'flagged', 'filed'])
    expect(await account()).toMatchObject({ round_failures: 0, last_round_note: null })
  })

  test('whose Junk is not listed for once forgets nothing of what lies there', async () => {
    const lost = await receive('Junk')
    await round()
    await wait(24)
    front.faults = {
      rewrite: (line) => line.replace(/^(\* LIST .*)Junk("?)$/, '$1Elsewhere$2').replace(/\\Junk/, ''),
    }
    await round()
    expect((await account()).last_round_note).toMatch(/no Junk folder/)
    expect(await exchangeOf(lost)).toMatchObject({ finished_at: null })
    front.faults = {}
    await rounds()
    expect(await interactions(lost.token)).toContain('rescued')
  })

  test('whose Junk cannot be read has its INBOX done, and that is said', async () => {
    const lost = await receive('Junk')
    await receive()
    await round()
    await wait(24)
    front.faults = { ask: (line) => line.replace(/(EXAMINE|SELECT) "?Junk"?/, '$1 nowhere') }
    await round()
    expect((await account()).last_round_note).toMatch(/open the folder "Junk"/)
    expect(await interactions()).toEqual(['received', 'received', 'read', 'flagged', 'filed'])
    expect((await exchangeOf(lost)).finished_at).toBeNull()
    front.faults = {}
    await rounds(2)
    expect((await interactions(lost.token)).toSorted()).toEqual([
      'filed',
      'flagged',
      'read',
      'received',
      'rescued',
    ])
  })

  test('whose folder for warmup cannot be read has the others done, and ends nothing', async () => {
    await enrol({ folders: [{ name: 'Junk' }, { name: 'Warmup' }] })
    const moved = await receive()
    const other = await receive()
    await round()
    await wait(24)
    farm.folder(mailbox.email_address).remove([moved.uid])
    front.faults = { ask: (line) => line.replace(/EXAMINE "?Warmup"?/, 'EXAMINE nowhere') }
    await round()
    expect((await account()).last_round_note).toMatch(/open the folder "Warmup"/)
    expect(await interactions(other.token)).toContain('filed')
    expect((await exchangeOf(moved)).finished_at).toBeNull()
  })

  test('that is to put messages away into its own Junk puts none away, and that is said', async () => {
    await enrol({ folders: [{ name: 'Warmup', use: '\\Junk' }] })
    const { token } = await receive()
    await rounds(3)
    expect(await interactions()).toEqual(['received', 'read', 'flagged'])
    expect(held('INBOX').map((message) => message.token)).toContain(token)
    expect((await account()).last_round_note).toMatch(/nothing can be put away: "Warmup"/)
  })

  test('that marks nothing as important still has its messages put away', async () => {
    await receive()
    front.faults = {
      rewrite: (line) => line.replace(/ \\Flagged| \\\*/g, ''),
    }
    await rounds(2)
    expect(await interactions()).toEqual(['received', 'read', 'filed'])
    expect((await account()).last_round_note).toMatch(/Flagged/)
  })

  test('whose owner deleted a message is done with it', async () => {
    const exchange = await receive()
    await round()
    await wait(24)
    farm.folder(mailbox.email_address).remove([exchange.uid])
    await round()
    expect(await exchangeOf(exchange)).toMatchObject({ note: 'somebody deleted or moved it' })
    expect((await exchangeOf(exchange)).finished_at).toEqual(expect.any(Date))
  })

  test('that never got a message stops looking for it after a week', async () => {
    const exchange = await insertExchange(database.db, mailbox)
    await round()
    expect((await exchangeOf(exchange)).finished_at).toBeNull()
    await wait(7 * 24)
    await round()
    expect(await exchangeOf(exchange)).toMatchObject({ note: 'it never came', placement: null })
  })
})
