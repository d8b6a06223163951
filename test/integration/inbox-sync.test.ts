import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { findMessageBody } from '../../src/inbox/body-store.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { type ImapFront, startImapFront } from '../../src/lab/imap-faults.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { insertImapMailbox, openInbox } from '../support/inbox.ts'

let database: TestDatabase
let farm: ImapFarm
let front: ImapFront
let inbox: Awaited<ReturnType<typeof openInbox>>
let mailbox: Mailbox

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
beforeEach(async () => {
  front = await startImapFront(farm)
  const tenant = await insertTenant(database.db)
  const server = { port: front.port, username: `${mint('ann')}@lab.test`, password: farm.password }
  farm.deliver(server.username, letter('welcome'), { internalDate: daysAgo(30) })
  mailbox = await insertImapMailbox(database.db, tenant.id, server)
})
afterEach(() => front.close())

const daysAgo = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * 86_400_000)

const letter = (subject: string) =>
  Buffer.from(
    `From: Bea <bea@elsewhere.test>\r\nTo: ann@lab.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@elsewhere.test>\r\n\r\nHello, ${subject}.\r\n`,
  )

const deliver = (subject: string, options: Parameters<ImapFarm['deliver']>[2] = {}) =>
  farm.deliver(mailbox.email_address, letter(subject), options)

const messages = () =>
  database.db
    .selectFrom('email_messages')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .orderBy('imap_uid')
    .execute()

const subjects = async () => (await messages()).map(({ subject }) => subject)

const suspectAttempts = async () =>
  (
    await database.db
      .selectFrom('email_folders')
      .select('suspect_attempts')
      .where('email_account_id', '=', mailbox.id)
      .where('path', '=', 'INBOX')
      .executeTakeFirst()
  )?.suspect_attempts

const row = () =>
  database.db.selectFrom('email_accounts').selectAll().where('id', '=', mailbox.id).executeTakeFirstOrThrow()

test('new messages of INBOX and Junk are stored once, however often the mailbox is read', async () => {
  deliver('one')
  deliver('two', { folder: 'Junk' })
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 2 })
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 0 })
  deliver('three')
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 1 })
  expect((await subjects()).sort()).toEqual(['one', 'three', 'two'])
  expect((await row()).last_synced_at).toEqual(expect.any(Date))
})

test('messages from before the mailbox was added are not downloaded', async () => {
  for (let n = 0; n < 300; n += 1) deliver(`old-${n}`, { internalDate: daysAgo(40) })
  deliver('yesterday', { internalDate: daysAgo(0.5) })
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['yesterday'])
  const bodies = front.commands.filter((command) => /BODY(\.PEEK)?\[/i.test(command))
  expect(bodies).toHaveLength(1)
})

test('a folder that was renumbered is read again, and what is known is not acted on twice', async () => {
  deliver('one')
  deliver('two')
  await inbox.sync(mailbox)
  const before = await messages()
  const folder = farm.folder(mailbox.email_address)
  folder.uidValidity = 99
  for (const message of folder.messages) message.uid += 1000
  folder.uidNext += 1000
  deliver('three')
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 1 })
  expect(await subjects()).toEqual(['one', 'two', 'three'])
  const after = await messages()
  expect(after.slice(0, 2).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  expect(after.every(({ uid_validity }) => uid_validity === 99)).toBe(true)
})

test('messages that share a Message-ID are all kept', async () => {
  const twin = (words: string) => Buffer.concat([letter('twin'), Buffer.from(words)])
  farm.deliver(mailbox.email_address, twin('first'))
  farm.deliver(mailbox.email_address, twin('second'))
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['twin', 'twin'])
})

test('a message that is moved to another folder stays one message', async () => {
  const internalDate = daysAgo(0)
  deliver('spammed', { folder: 'Junk', internalDate })
  await inbox.sync(mailbox)
  farm.folder(mailbox.email_address, 'Junk').messages.length = 0
  deliver('spammed', { internalDate })
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['spammed'])
})

test('a message that makes processing fail is tried three times, kept unreadable, and passed', async () => {
  await sql`
    create function refuse_poison() returns trigger language plpgsql as $$
      begin if new.subject = 'poison' then raise exception 'poisoned'; end if; return new; end $$`.execute(
    database.db,
  )
  await sql`create trigger refuse_poison before insert on email_messages for each row execute function refuse_poison()`.execute(
    database.db,
  )
  deliver('before')
  deliver('poison')
  deliver('after')
  await inbox.sync(mailbox)
  const [, poison] = await messages()
  expect(await subjects()).toEqual(['before', null, 'after'])
  expect(poison).toMatchObject({ message_type: 'unreadable', status: 'unreadable', attempts: 3 })
  expect(poison?.reason).toContain('poisoned')
  const ref = { tenantId: mailbox.tenant_id, id: poison?.id ?? '' }
  expect(await findMessageBody(database.db, ref)).toEqual(letter('poison'))
})

test('a message at which the process died three times is kept unreadable, and passed', async () => {
  deliver('deadly')
  deliver('after')
  await sql`
    create function die_deadly() returns trigger language plpgsql as $$
      begin if new.subject = 'deadly' then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$`.execute(
    database.db,
  )
  await sql`create trigger die_deadly before insert on email_messages for each row execute function die_deadly()`.execute(
    database.db,
  )
  try {
    for (const attempt of [2, 3, 4]) {
      const gone = new AbortController()
      const run = inbox.sync(mailbox, { attempt, signal: gone.signal })
      await eventually(async () => (await suspectAttempts()) === attempt - 1)
      gone.abort()
      await run.catch(() => undefined)
    }
    await inbox.sync(mailbox, { attempt: 5 })
  } finally {
    await sql`drop trigger die_deadly on email_messages`.execute(database.db)
  }
  expect(await subjects()).toEqual([null, 'after'])
})

test('a dropped connection ends the round, and the next one goes on where the last message was committed', async () => {
  for (let n = 0; n < 60; n += 1) deliver(`n${n}`)
  const run = inbox.sync(mailbox)
  await eventually(async () => (await messages()).length >= 3)
  front.connections.dropAll()
  const outcome = await run
  expect((await row()).sync_failures).toBe(1)
  expect((await row()).sync_error).toMatch(/fetch|folder/)
  expect((await row()).next_sync_at.getTime()).toBeGreaterThan(Date.now() + 30_000)
  const done = (await messages()).length
  expect(done).toBeLessThan(60)
  expect(outcome).toEqual({ kind: 'done', changed: done })
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 60 - done })
  expect(await subjects()).toHaveLength(60)
  expect(await row()).toMatchObject({ sync_failures: 0, sync_error: null })
})

test('a wrong password is told in the server’s words, and waited for longer each time', async () => {
  await database.db
    .updateTable('email_accounts')
    .set({ imap_username: 'nobody@lab.test' })
    .where('id', '=', mailbox.id)
    .execute()
  await inbox.sync(mailbox)
  const first = await row()
  await inbox.sync(mailbox)
  const second = await row()
  expect(second.sync_failures).toBe(2)
  expect(second.sync_error).toMatch(/log in/)
  expect(second.next_sync_at.getTime() - first.next_sync_at.getTime()).toBeGreaterThan(5 * 60_000)
})

test('a message of 50 MB is hashed as a whole', async () => {
  const size = 50 * 1024 * 1024
  const head = letter('huge')
  const read = (start: number, end: number) => {
    const filler = Buffer.alloc(end - start, 'x')
    if (start < head.length) head.copy(filler, 0, start, Math.min(end, head.length))
    return filler
  }
  farm.deliver(mailbox.email_address, { size, read })
  await inbox.sync(mailbox)
  const [message] = await messages()
  expect(message).toMatchObject({ subject: 'huge', size_bytes: size })
  expect(message?.message_sha256).toEqual(createHash('sha256').update(read(0, size)).digest())
})

test('a message that the server does not give in three rounds is noted as unreadable, and passed', async () => {
  deliver('before')
  const uid = deliver('withheld')
  deliver('after')
  const withheld = new RegExp(`UID FETCH ${uid} .*BODY.*`)
  front.faults = { ask: (line) => line.replace(withheld, 'REFUSE') }
  for (const round of [1, 2]) {
    await inbox.sync(mailbox)
    expect(await row()).toMatchObject({
      sync_failures: round,
      sync_error: expect.stringContaining(`messages ${uid} of`),
    })
    expect(await subjects()).toEqual(['before'])
  }
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['before', null, 'after'])
  expect((await messages())[1]).toMatchObject({
    message_type: 'unreadable',
    attempts: 3,
    body_sha256: expect.any(Buffer),
  })
  expect((await row()).sync_failures).toBe(0)
})

test('a long sync gives its slot back, and goes on later', async () => {
  for (let n = 0; n < 3; n += 1) deliver(`long-${n}`)
  const hasty = await openInbox(database, { quantumSeconds: 0 })
  const outcome = await hasty.sync(mailbox)
  await hasty.close()
  expect(outcome.kind).toBe('continue')
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 3 })
})

test('a message whose reading ends the connection three times is noted as unreadable, and passed', async () => {
  deliver('before')
  await inbox.sync(mailbox)
  const uid = deliver('trap')
  deliver('after')
  const isTrap = (line: string) => line.startsWith(`UID FETCH ${uid} `) && line.includes('BODY')
  const trapped = () => front.commands.filter(isTrap).length
  front.faults = { drop: { at: 'UID FETCH', afterBytes: 0, when: isTrap } }
  for (const attempt of [1, 2]) {
    await inbox.sync(mailbox)
    expect(await suspectAttempts()).toBe(attempt)
    expect((await row()).sync_error).toMatch(/the connection was lost/)
    expect(await subjects()).toEqual(['before'])
  }
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['before', null])
  expect(await suspectAttempts()).toBe(0)
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['before', null, 'after'])
  expect((await messages())[1]).toMatchObject({
    message_type: 'unreadable',
    attempts: 3,
    reason: expect.stringMatching(/the connection was lost/),
  })
  expect(trapped()).toBe(3)
  expect((await row()).sync_failures).toBe(0)
})

test('a connection that is lost twice at a message and then holds loses nothing', async () => {
  deliver('before')
  await inbox.sync(mailbox)
  deliver('unlucky')
  front.faults = {
    drop: { at: 'UID FETCH', afterBytes: 0, times: 2, when: (line) => line.includes('BODY') },
  }
  for (let n = 0; n < 3; n += 1) await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['before', 'unlucky'])
  expect(await suspectAttempts()).toBe(0)
})

test('a sync that is given up in the midst of a message does not count against it', async () => {
  deliver('before')
  await inbox.sync(mailbox)
  deliver('slow')
  const stopping = new AbortController()
  front.faults = {
    hang: { at: 'UID FETCH', when: (line) => line.includes('BODY') },
  }
  const asked = front.commands.length
  const sync = inbox.sync(mailbox, { signal: stopping.signal })
  await eventually(() => front.commands.slice(asked).some((line) => line.includes('BODY')))
  stopping.abort()
  await sync
  expect(await suspectAttempts()).toBe(0)
})

test('mailboxes of a server that hangs hold its share of the slots, and those of others are read', async () => {
  const { db } = database
  const sharing = await openInbox(database, { slots: 4, shareOfSlots: 0.5, silenceTimeoutSeconds: 60 })
  const stopping = new AbortController()
  const job = { signal: stopping.signal }
  const add = async (imap_host: string) => {
    const server = { port: front.port, username: `${mint('bea')}@lab.test`, password: farm.password }
    farm.deliver(server.username, letter('hello'))
    return insertImapMailbox(db, mailbox.tenant_id, server, { imap_host })
  }
  const [one, two, three] = [await add('127.0.0.1'), await add('127.0.0.1'), await add('127.0.0.1')]
  const elsewhere = await add('localhost')
  front.faults = { hang: { at: 'LIST' } }
  const hanging = [sharing.sync(one, job), sharing.sync(two, job)]
  await eventually(() => front.commands.filter((line) => line.startsWith('LIST')).length === 2)
  front.faults = {}

  const nextTurn = new Date(Date.now() + 300_000)
  await db.updateTable('email_accounts').set({ next_sync_at: nextTurn }).where('id', '=', three.id).execute()
  expect(await sharing.sync(three)).toEqual({ kind: 'done', changed: 0 })
  const { next_sync_at } = await db
    .selectFrom('email_accounts')
    .select('next_sync_at')
    .where('id', '=', three.id)
    .executeTakeFirstOrThrow()
  expect(next_sync_at.getTime() - Date.now()).toBeLessThanOrEqual(30_000)
  expect(await sharing.sync(elsewhere)).toEqual({ kind: 'done', changed: 1 })

  stopping.abort()
  await Promise.all(hanging)
  expect(await sharing.sync(three)).toEqual({ kind: 'done', changed: 1 })
  await sharing.close()
})

test('a Junk folder that was renamed is found again under its new name', async () => {
  await inbox.sync(mailbox)
  const junk = farm.folder(mailbox.email_address, 'Junk')
  Object.assign(junk, { name: 'Spam' })
  await inbox.sync(mailbox)
  farm.deliver(mailbox.email_address, letter('spam'), { folder: 'Spam' })
  await inbox.sync(mailbox)
  expect(await subjects()).toEqual(['spam'])
})

test('a Junk folder that is closed to us keeps nothing from being read, and is told of', async () => {
  deliver('one')
  front.faults = { ask: (line) => line.replace(/(SELECT|EXAMINE) "?Junk"?.*/, '$1 Nowhere') }
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 1 })
  expect(await row()).toMatchObject({ sync_failures: 0, sync_error: expect.stringContaining('Junk') })
  front.faults = {}
  await inbox.sync(mailbox)
  expect((await row()).sync_error).toBeNull()
})

test('a password that does not open is told of, and waited for', async () => {
  await database.db
    .updateTable('mailbox_credentials')
    .set({ key_id: 'another' })
    .where('email_account_id', '=', mailbox.id)
    .execute()
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 0 })
  expect(await row()).toMatchObject({ sync_failures: 1, sync_error: expect.any(String) })
})

test('two runs of one mailbox at once process each message once', async () => {
  for (let n = 0; n < 30; n += 1) deliver(`both-${n}`)
  const other = await openInbox(database)
  await Promise.all([inbox.sync(mailbox), other.sync(mailbox)])
  await other.close()
  expect(new Set(await subjects()).size).toBe(30)
  expect(await subjects()).toHaveLength(30)
})
