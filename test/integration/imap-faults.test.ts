import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FolderCursor } from '../../src/imap/cursor.ts'
import { readFolder } from '../../src/imap/read-folder.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { type ImapFaults, type ImapFront, startImapFront } from '../../src/lab/imap-faults.ts'
import { type ImapProvider, startImapProvider } from '../../src/lab/imap-provider.ts'
import { always, failureOf, imapSession, mail, readAll } from '../support/imap.ts'

let farm: ImapFarm
let front: ImapFront
const more: { close(): Promise<void> }[] = []

beforeEach(async () => {
  farm = await startImapFarm({ mailboxes: ['ann'] })
  front = await startImapFront(farm)
})

afterEach(async () => {
  for (const server of [...more.splice(0).reverse(), front, farm]) await server.close()
})

const ann = () => ({ host: front.host, port: front.port, username: 'ann', password: farm.password })
const deliver = (...subjects: string[]) => subjects.map((subject) => farm.deliver('ann', mail(subject)))
const read = (cursor?: FolderCursor) => imapSession(ann(), (session) => readAll(session, 'INBOX', cursor))
const subjects = ({ bodies }: Awaited<ReturnType<typeof read>>) =>
  bodies.map(([, body]) => /^Subject: (.*)\r$/m.exec(body)?.[1])
const gone = () => front.connections.until(() => front.connections.open === 0)

const line = (from: RegExp, to: string) => (text: string) => text.replace(from, to)

describe('a server is read all the same', () => {
  test.each<[string, ImapFaults]>([
    ['that says there are no messages', { rewrite: line(/\d+ EXISTS/, '0 EXISTS') }],
    ['that says there are far more messages', { rewrite: line(/\d+ EXISTS/, '900000 EXISTS') }],
    ['that says no EXISTS at all', { rewrite: line(/\d+ EXISTS/, '0 RECENT') }],
    ['whose UIDNEXT is always 1', { rewrite: line(/UIDNEXT \d+/, 'UIDNEXT 1') }],
    ['whose UIDNEXT is far ahead', { rewrite: line(/UIDNEXT \d+/, 'UIDNEXT 4294967290') }],
    ['without UIDNEXT', { rewrite: line(/\[UIDNEXT \d+\]/, '') }],
    ['without CONDSTORE', { hide: ['CONDSTORE'], rewrite: line(/\[HIGHESTMODSEQ \d+\]/, '[NOMODSEQ]') }],
    ['whose HIGHESTMODSEQ never changes', { rewrite: line(/HIGHESTMODSEQ \d+/, 'HIGHESTMODSEQ 1') }],
    ['without SPECIAL-USE', { hide: ['SPECIAL-USE'] }],
    ['that refuses UID SEARCH', { answers: { 'UID SEARCH': 'NO not today' } }],
    ['that does not know UID SEARCH', { answers: { 'UID SEARCH': 'BAD what?' } }],
    ['whose search finds nothing', { answers: { 'UID SEARCH': '* SEARCH\r\nOK done' } }],
    ['whose search finds what is not there', { answers: { 'UID SEARCH': '* SEARCH 1 2 77 1\r\nOK done' } }],
    ['whose search gives no answer but OK', { answers: { 'UID SEARCH': 'OK done' } }],
    ['that answers slowly', { slow: { bytes: 40, everyMs: 1 } }],
    ['that gives whole messages when asked for a part', { ask: line(/<0\.\d+>/, '') }],
    [
      'that tells of flags while it lists',
      {
        rewrite: line(
          /^(\* \d+ FETCH \(UID (\d+) FLAGS .* INTERNALDATE.*)$/,
          '* 1 FETCH (UID $2 FLAGS (\\Seen))\r\n$1',
        ),
      },
    ],
    [
      'that lists each message twice',
      { rewrite: line(/^(\* \d+ FETCH \(UID \d+ FLAGS .* INTERNALDATE.*)$/, '$1\r\n$1') },
    ],
    [
      'that dates a message in a way nobody can read',
      { rewrite: line(/INTERNALDATE "[^"]*"/, 'INTERNALDATE "yesterday"') },
    ],
    ['whose list cannot be read', { rewrite: line(/^(\* \d+ FETCH \(UID 2 FLAGS \()/, '$1[}{%') }],
    [
      'that leaves out all but UID and flags',
      { rewrite: line(/^(\* \d+ FETCH \(UID 2 FLAGS \(\)).*$/, '$1)') },
    ],
    ['that leaves out a UID', { rewrite: line(/FETCH \(UID 2 FLAGS/, 'FETCH (FLAGS') }],
  ])('%s', async (_what, faults) => {
    deliver('one', 'two')
    front.faults = faults
    const first = await read()
    expect(subjects(first)).toEqual(['one', 'two'])
    expect(first.reading.cursor).toMatchObject({ lastUid: 2, reseeding: false })
    const second = await read(first.reading.cursor)
    expect(second.bodies).toEqual([])
    deliver('three')
    const third = await read(second.reading.cursor)
    expect(subjects(third)).toEqual(['three'])
    expect(third.reading.cursor).toMatchObject({ lastUid: 3 })
  })

  test('that ends its lists with a refusal, for the sake of one message', async () => {
    deliver('one')
    const first = await read()
    deliver('two', 'three')
    const listing = () => front.commands.at(-1)?.includes('RFC822.SIZE')
    const refuse = (text: string) =>
      listing() ? text.replace(/^(?!\*)(\S+) OK.*/, '$1 NO some messages could not be fetched') : text
    front.faults = {
      rewrite: (text) => (/^\* \d+ FETCH \(UID 2 /.test(text) && listing() ? '* OK' : refuse(text)),
    }
    const second = await read(first.reading.cursor)
    expect(subjects(second)).toEqual(['two', 'three'])
    expect(second.reading.cursor).toMatchObject({ lastUid: 3, reseeding: false })
  })

  test('that sends its list in no order', async () => {
    deliver('one', 'two', 'three')
    farm.folder('ann').messages.reverse()
    const { reading, ...all } = await read()
    expect(subjects({ reading, ...all })).toEqual(['one', 'two', 'three'])
    expect(reading.cursor.lastUid).toBe(3)
  })
})

test.each(['EXAMINE', 'UID FETCH 4294967295', 'UID SEARCH', 'UID FETCH 1', 'LOGOUT'])(
  'what arrives while the server is asked %s is read, now or the next time',
  async (command) => {
    deliver('one')
    let arrived = false
    const ask = (text: string) => {
      if (!arrived && text.includes(` ${command}`)) deliver('two', 'three')
      arrived ||= text.includes(` ${command}`)
      return text
    }
    front.faults = { ask }
    const first = await read()
    const second = await read(first.reading.cursor)
    expect([...subjects(first), ...subjects(second)]).toEqual(['one', 'two', 'three'])
  },
)

test.each([262_143, 262_144, 262_145, 600_000])(
  'a server that does not know parts gives a message of %d bytes once',
  async (size) => {
    farm.deliver('ann', Buffer.alloc(size, 'x'))
    front.faults = { ask: line(/<\d+\.\d+>/, '') }
    expect((await read()).bodies.map(([, body]) => body.length)).toEqual([size])
  },
)

test('a message of another size than announced is whole, whether the server knows parts or not', async () => {
  farm.deliver('ann', Buffer.alloc(600_000, 'x'))
  const estimate = line(/RFC822\.SIZE \d+/, 'RFC822.SIZE 400000')
  front.faults = { rewrite: estimate }
  expect((await read()).bodies.map(([, body]) => body.length)).toEqual([600_000])
  front.faults = { rewrite: estimate, ask: line(/<\d+\.\d+>/, '') }
  expect((await read()).bodies.map(([, body]) => body.length)).toEqual([600_000])
})

test('a change of flags that is announced is not taken for a message without a date', async () => {
  farm.deliver('ann', mail('old'), { internalDate: new Date('2025-01-01T00:00:00Z') })
  deliver('new')
  front.faults = {
    rewrite: line(/^(\* \d+ FETCH \(UID (\d+) FLAGS .* INTERNALDATE.*)$/, '* 1 FETCH (UID 1 FLAGS ())\r\n$1'),
  }
  const policy = { since: new Date('2026-01-01T00:00:00Z') }
  const found = await imapSession(ann(), (session) => readAll(session, 'INBOX', undefined, policy))
  expect(subjects(found)).toEqual(['new'])
})

test('the last message is not read again for lying in "n:*"', async () => {
  deliver('one', 'two')
  front.faults = { rewrite: line(/\[UIDNEXT \d+\]/, '') }
  const first = await read()
  const second = await read(first.reading.cursor)
  expect(front.commands).toContainEqual(expect.stringMatching(/^UID FETCH 3:\*/))
  expect(second.reading.plan.kind).toBe('new')
  expect(second.bodies).toEqual([])
  expect(second.reading.cursor.lastUid).toBe(2)
})

describe('a server that hangs up', () => {
  test.each<[string, number]>([
    ['before the list', 0],
    ['in the midst of the first answer', 40],
    ['in the midst of the list', 250],
  ])('%s is let go, and nothing is passed over', async (_when, afterBytes) => {
    deliver('one', 'two', 'three')
    front.faults = { drop: { at: 'UID FETCH', afterBytes, times: 1 } }
    expect(await failureOf(read())).toMatchObject({
      kind: 'closed',
      message: expect.stringMatching(/^fetch messages \S+ of "INBOX": the connection was lost$/),
    })
    await gone()
    expect(subjects(await read())).toEqual(['one', 'two', 'three'])
  })

  test('in the midst of a message is let go, and the next session resumes from the cursor', async () => {
    deliver('one', 'two', 'three')
    const bodies: string[] = []
    let cursor: FolderCursor | undefined
    const session = () =>
      imapSession(ann(), async (open) => {
        const reading = await readFolder(open, 'INBOX', cursor, always)
        try {
          for await (const message of reading) {
            if (message.uid === 2 && !cursor)
              front.faults = { drop: { at: 'UID FETCH', afterBytes: 40, times: 1 } }
            bodies.push(Buffer.concat(await message.open().toArray()).toString())
          }
        } finally {
          cursor = reading.cursor
        }
      })
    expect(await failureOf(session())).toMatchObject({ kind: 'closed' })
    expect(cursor).toMatchObject({ lastUid: 1, reseeding: true })
    await gone()
    await session()
    expect(bodies).toEqual(['one', 'two', 'three'].map((subject) => mail(subject).toString()))
    expect(cursor).toMatchObject({ lastUid: 3, reseeding: false })
  })

  test('over and over leaves no connection behind', async () => {
    deliver('one')
    for (const at of ['AUTHENTICATE', 'LIST', 'EXAMINE', 'UID SEARCH', 'UID FETCH', 'LOGOUT']) {
      front.faults = { drop: { at, afterBytes: 3 } }
      if (at === 'LOGOUT') await read()
      else expect(await failureOf(read()), at).toMatchObject({ kind: 'closed' })
    }
    await gone()
    await farm.connections.until(() => farm.connections.open === 0)
    expect(front.connections.total).toBe(6)
  })
})

describe('a server that cannot be read says why', () => {
  test.each<[string, ImapFaults, object]>([
    [
      'when its list is broken and it refuses to search',
      {
        rewrite: line(/^(\* \d+ FETCH \(UID 2 FLAGS \()/, '$1[}{%'),
        answers: { 'UID SEARCH': 'NO not today' },
      },
      { kind: 'protocol', message: 'list "INBOX": the answer could not be read, and UID SEARCH is refused' },
    ],
    [
      'when it refuses to fetch',
      { answers: { 'UID FETCH': 'NO [SERVERBUG] out of order' } },
      {
        kind: 'protocol',
        message: expect.stringMatching(/^fetch messages .*: the server said "out of order"$/),
      },
    ],
    [
      'when it gives no UIDVALIDITY',
      { rewrite: line(/\[UIDVALIDITY \d+\]/, '') },
      { kind: 'protocol', message: 'open the folder "INBOX": the server gave no UIDVALIDITY' },
    ],
    [
      'when it gives no content',
      { rewrite: line(/ BODY\[\].*$/, ' BODY[] NIL)') },
      { kind: 'message_unreadable', message: 'the server gave no content for message 1 of "INBOX"' },
    ],
    [
      'when its message cannot be read',
      { rewrite: line(/BODY\[\]<0> \{/, 'BODY[]<0> ][ {') },
      { kind: 'message_unreadable', message: 'the answer about message 1 of "INBOX" could not be read' },
    ],
    [
      'when it announces a message that nobody could hold',
      { rewrite: line(/BODY\[\]<0> \{\d+\}/, 'BODY[]<0> {4000000000}') },
      { kind: 'message_unreadable', message: expect.stringContaining('fetch messages 1 of "INBOX": ') },
    ],
  ])('%s', async (_when, faults, failure) => {
    deliver('one', 'two')
    front.faults = faults
    expect(await failureOf(read())).toMatchObject(failure)
    await gone()
  })

  test('when a message never ends', async () => {
    farm.deliver('ann', { size: 300_000, read: (start, end) => Buffer.alloc(end - start, 'x') })
    front.faults = { ask: line(/<\d+\./, '<0.') }
    expect((await failureOf(read())).message).toMatch(
      /^message 1 of "INBOX" does not end: 300000 bytes announced/,
    )
    await gone()
  })
})

test('a mailbox with a server of its own is read through drops and lies as well', async () => {
  const mailbox: ImapProvider = await startImapProvider({ extensions: [] })
  const before = await startImapFront(mailbox, { drop: { at: 'UID FETCH', afterBytes: 60, times: 1 } })
  more.push(mailbox, before)
  mailbox.deliver(mail('one'))
  mailbox.deliver(mail('two'))
  const door = {
    host: before.host,
    port: before.port,
    username: mailbox.username,
    password: mailbox.password,
  }
  expect(await failureOf(imapSession(door, (session) => readAll(session, 'INBOX')))).toMatchObject({
    kind: 'closed',
  })
  before.faults = { rewrite: line(/UIDNEXT \d+/, 'UIDNEXT 1') }
  const { bodies } = await imapSession(door, (session) => readAll(session, 'INBOX'))
  expect(bodies.map(([uid]) => uid)).toEqual([1, 2])
  await mailbox.connections.until(() => mailbox.connections.open === 0)
})
