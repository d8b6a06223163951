import { afterEach, describe, expect, test } from 'vitest'
import { appendMessage, createFolder, moveMessages, setFlags } from '../../src/imap/change-folder.ts'
import { findFolders } from '../../src/imap/find-folders.ts'
import { listHeaders } from '../../src/imap/list-headers.ts'
import { readFolder } from '../../src/imap/read-folder.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import {
  type ImapProvider,
  type ImapProviderOptions,
  startImapProvider,
} from '../../src/lab/imap-provider.ts'
import { always, failureOf, imapSession, mail, readAll } from '../support/imap.ts'

const started: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.close()
})

async function provider(options?: ImapProviderOptions): Promise<ImapProvider> {
  const server = await startImapProvider(options)
  started.push(server)
  return server
}

async function farm(): Promise<{ farm: ImapFarm; ann: Parameters<typeof imapSession>[0] }> {
  const server = await startImapFarm({ mailboxes: ['ann'] })
  started.push(server)
  const { host, port, password } = server
  return { farm: server, ann: { host, port, username: 'ann', password } }
}

const day = (date: string) => new Date(`${date}T12:00:00Z`)
const uidsOf = (read: Awaited<ReturnType<typeof readAll>>) => read.bodies.map(([uid]) => uid)

describe('a folder is read', () => {
  test('in UID order with its content, and then only what is new', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('one'), { internalDate: day('2026-03-01'), flags: ['\\Seen'] })
    mailbox.deliver(Buffer.from('Subject: ü\r\n\r\n\u0000\u00ff', 'latin1'))
    await imapSession(mailbox, async (session) => {
      const first = await readAll(session, 'INBOX')
      expect(first.bodies).toEqual([
        [1, 'Subject: one\r\n\r\none\r\n'],
        [2, 'Subject: ü\r\n\r\n\u0000\u00ff'],
      ])
      expect(first.reading).toMatchObject({ plan: { reason: 'first_time' }, uidValidity: 1, skipped: 0 })
      mailbox.deliver(mail('three'))
      const second = await readAll(session, 'INBOX', first.reading.cursor)
      expect(second.bodies).toEqual([[3, 'Subject: three\r\n\r\nthree\r\n']])
      const third = await readAll(session, 'INBOX', second.reading.cursor)
      expect(third.reading.plan.kind).toBe('nothing')
      expect(third.reading.cursor).toEqual(second.reading.cursor)
    })
  })

  test('without a change to it', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('one'))
    await imapSession(mailbox, (session) => readAll(session, 'INBOX'))
    expect(mailbox.list()[0]?.flags).toEqual([])
  })

  test('with what the server says of each message', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('one'), { internalDate: day('2026-03-01'), flags: ['\\Seen', '\\Flagged'] })
    await imapSession(mailbox, async (session) => {
      for await (const message of await readFolder(session, 'INBOX', undefined, always))
        expect(message).toMatchObject({
          uid: 1,
          internalDate: day('2026-03-01'),
          flags: ['\\Seen', '\\Flagged'],
          size: mail('one').length,
        })
    })
  })

  test('again from the date when it was renumbered', async () => {
    const mailbox = await provider()
    for (const subject of ['one', 'two', 'three']) mailbox.deliver(mail(subject))
    await imapSession(mailbox, async (session) => {
      const { reading } = await readAll(session, 'INBOX')
      mailbox.remove([1])
      mailbox.renumber()
      const again = await readAll(session, 'INBOX', reading.cursor)
      expect(again.reading).toMatchObject({ plan: { reason: 'renumbered' }, uidValidity: 2 })
      expect(uidsOf(again)).toEqual([1, 2])
      expect(again.reading.cursor).toMatchObject({ uidValidity: 2, lastUid: 2, reseeding: false })
    })
  })

  test('again from the date when it was restored from a backup under its old UIDVALIDITY', async () => {
    const { farm: server, ann } = await farm()
    for (const subject of ['one', 'two', 'three']) server.deliver('ann', mail(subject))
    await imapSession(ann, async (session) => {
      const { reading } = await readAll(session, 'INBOX')
      const folder = server.folder('ann')
      folder.messages.splice(1, 2)
      folder.uidNext = 2
      server.deliver('ann', mail('after the restore'))
      const again = await readAll(session, 'INBOX', reading.cursor)
      expect(again.reading.plan).toMatchObject({ reason: 'uids_went_back' })
      expect(uidsOf(again)).toEqual([1, 2])
      expect((await readAll(session, 'INBOX', again.reading.cursor)).bodies).toEqual([])
    })
  })

  test('up to where its reader stopped, and from there the next time', async () => {
    const mailbox = await provider()
    for (let count = 0; count < 5; count += 1) mailbox.deliver(mail(`${count}`))
    await imapSession(mailbox, async (session) => {
      const reading = await readFolder(session, 'INBOX', undefined, always)
      for await (const { uid } of reading) if (uid === 3) break
      expect(reading.cursor).toMatchObject({ lastUid: 2, highestModseq: null, reseeding: true })
      const rest = await readAll(session, 'INBOX', reading.cursor)
      expect(rest.reading.plan).toMatchObject({ reason: 'resumed', fromUid: 3 })
      expect(uidsOf(rest)).toEqual([3, 4, 5])
    })
  })
})

test('a sync that finds nothing asks no more than it must', async () => {
  const { farm: server, ann } = await farm()
  const cursors = await imapSession(ann, async (session) => [
    (await readAll(session, 'INBOX')).reading.cursor,
    (await readAll(session, 'Junk')).reading.cursor,
  ])
  server.commands.clear()
  await imapSession(ann, async (session) => {
    await readAll(session, 'INBOX', cursors[0])
    await readAll(session, 'Junk', cursors[1])
  })
  // One LIST stands for the NAMESPACE that the farm does not have.
  expect(Object.fromEntries(server.commands)).toEqual({ AUTHENTICATE: 1, LIST: 1, EXAMINE: 2, LOGOUT: 1 })
})

describe('a first reading of a large old folder', () => {
  test('asks for nothing of 10,000 old messages but their dates, and for the few since the enrolment', async () => {
    const { farm: server, ann } = await farm()
    let bodies = 0
    const content = {
      size: 1_000,
      read: (start: number, end: number) => {
        bodies += 1
        return Buffer.alloc(end - start, 'x')
      },
    }
    for (let count = 0; count < 10_000; count += 1)
      server.deliver('ann', content, { internalDate: day('2025-06-01') })
    server.deliver('ann', content, { internalDate: day('2026-02-28') })
    server.deliver('ann', content, { internalDate: day('2026-03-02') })
    server.deliver('ann', content, { internalDate: day('2025-06-01') })
    const policy = { since: day('2026-03-01') }
    await imapSession(ann, async (session) => {
      const first = await readAll(session, 'INBOX', undefined, policy)
      expect(uidsOf(first)).toEqual([10_002])
      expect(first.reading.skipped).toBe(2)
      expect(bodies).toBe(1)
      expect(first.reading.cursor).toMatchObject({ lastUid: 10_003, reseeding: false })
      server.deliver('ann', content, { internalDate: day('2025-01-01') })
      const second = await readAll(session, 'INBOX', first.reading.cursor, policy)
      expect(uidsOf(second)).toEqual([10_004])
    })
  })

  test('that has nothing since then begins after its last message', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('old'), { internalDate: day('2025-01-01') })
    mailbox.deliver(mail('older'), { internalDate: day('2024-01-01') })
    await imapSession(mailbox, async (session) => {
      const { bodies, reading } = await readAll(session, 'INBOX', undefined, { since: day('2026-01-01') })
      expect(bodies).toEqual([])
      expect(reading.cursor).toMatchObject({ lastUid: 2, reseeding: false })
    })
  })

  test('and an empty one begins at the first', async () => {
    const mailbox = await provider()
    await imapSession(mailbox, async (session) => {
      const { reading } = await readAll(session, 'INBOX')
      expect(reading.cursor).toMatchObject({ lastUid: 0, reseeding: false })
      mailbox.deliver(mail('one'))
      expect(uidsOf(await readAll(session, 'INBOX', reading.cursor))).toEqual([1])
    })
  })
})

describe('a message', () => {
  test('may be left after some bytes, and the next one is read all the same', async () => {
    const { farm: server, ann } = await farm()
    let asked = 0
    const read = (start: number, end: number) => {
      asked += end - start
      return Buffer.alloc(end - start, 'x')
    }
    server.deliver('ann', { size: 50_000_000, read })
    server.deliver('ann', mail('after it'))
    await imapSession(ann, async (session) => {
      const reading = await readFolder(session, 'INBOX', undefined, always)
      const lengths: number[] = []
      for await (const message of reading) {
        let length = 0
        for await (const chunk of message.open()) {
          length += chunk.length
          if (length > 300_000) break
        }
        lengths.push(length)
      }
      expect(lengths).toEqual([524_288, mail('after it').length])
      expect(asked).toBeLessThan(1_100_000)
    })
  })

  test.each([262_143, 262_144, 262_145, 524_288])('of %d bytes is whole', async (size) => {
    const { farm: server, ann } = await farm()
    server.deliver('ann', Buffer.alloc(size, 'x'))
    const { bodies } = await imapSession(ann, (session) => readAll(session, 'INBOX'))
    expect(bodies.map(([, body]) => body.length)).toEqual([size])
  })

  test('that was deleted before it was opened is gone, and the session goes on', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('one'))
    mailbox.deliver(mail('two'))
    await imapSession(mailbox, async (session) => {
      const ends: (string | number)[] = []
      for await (const message of await readFolder(session, 'INBOX', undefined, always)) {
        mailbox.remove([1])
        ends.push(
          await message
            .open()
            .toArray()
            .then(
              (chunks) => chunks.length,
              (error) => `${error.kind}: ${error.message}`,
            ),
        )
      }
      expect(ends).toEqual(['message_gone: message 1 of "INBOX" was deleted', 1])
    })
  })

  test('cannot be opened when another folder was, rather than be taken from that one', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('right'))
    mailbox.deliver(mail('wrong'), { folder: 'Junk' })
    const failure = await failureOf(
      imapSession(mailbox, async (session) => {
        for await (const message of await readFolder(session, 'INBOX', undefined, always)) {
          await session.open('Junk')
          await message.open().toArray()
        }
      }),
    )
    expect(failure.message).toContain('not the open folder any more')
  })
})

describe('messages are changed', () => {
  const plain: ImapProviderOptions = { extensions: ['UIDPLUS'] }

  test.each<[string, ImapProviderOptions]>([
    ['by MOVE', {}],
    ['by COPY and UID EXPUNGE without MOVE', plain],
  ])('moved %s, and what others marked as deleted stays', async (_how, options) => {
    const mailbox = await provider(options)
    for (const subject of ['one', 'two', 'three'])
      mailbox.deliver(mail(subject), { flags: subject === 'two' ? ['\\Deleted'] : [] })
    await imapSession(mailbox, (session) => moveMessages(session, 'INBOX', [3, 1], 'Junk'))
    expect(mailbox.list('INBOX').map(({ uid }) => uid)).toEqual([2])
    expect(mailbox.list('Junk').map(({ raw }) => raw)).toEqual([mail('one'), mail('three')])
  })

  test('not moved on a server with neither MOVE nor UIDPLUS, which says so', async () => {
    const mailbox = await provider({ extensions: [] })
    mailbox.deliver(mail('one'))
    const move = imapSession(mailbox, (session) => moveMessages(session, 'INBOX', [1], 'Junk'))
    await expect(move).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('offers neither MOVE nor UIDPLUS'),
    })
    expect([mailbox.list('INBOX').length, mailbox.list('Junk').length]).toEqual([1, 0])
  })

  test('not moved to a folder that is not there', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('one'))
    const failure = await failureOf(
      imapSession(mailbox, (session) => moveMessages(session, 'INBOX', [1], 'Nowhere')),
    )
    expect(failure.message).toMatch(/^move messages 1 from "INBOX" to "Nowhere": the server said "/)
    expect(mailbox.list('INBOX')).toHaveLength(1)
  })

  test('flagged', async () => {
    const mailbox = await provider()
    mailbox.deliver(mail('one'), { flags: ['\\Flagged'] })
    await imapSession(mailbox, (session) =>
      setFlags(session, 'INBOX', [1], { add: ['\\Seen', '$Important'], remove: ['\\Flagged'] }),
    )
    expect(mailbox.list()[0]?.flags).toEqual(['\\Seen', '$Important'])
  })

  test('filed with flags and date, in a folder that is made once', async () => {
    const mailbox = await provider()
    await imapSession(mailbox, async (session) => {
      expect(await createFolder(session, 'Warmup')).toBe(true)
      expect(await createFolder(session, 'Warmup')).toBe(false)
      const filed = await appendMessage(session, 'Warmup', mail('kept'), {
        flags: ['\\Seen'],
        internalDate: day('2026-03-01'),
      })
      expect(filed).toEqual({ uid: 1, uidValidity: expect.any(Number) })
    })
    expect(mailbox.list('Warmup')).toMatchObject([
      { flags: ['\\Seen'], internalDate: day('2026-03-01'), raw: mail('kept') },
    ])
  })
})

test('the ids of messages are listed by date, without trust in a search for headers', async () => {
  const { farm: server, ann } = await farm()
  const sent = (id: string, date: string, more = '') =>
    server.deliver('ann', Buffer.from(`Subject: x\r\nMessage-ID:\r\n <${id}@lab.test>\r\n${more}\r\nbody`), {
      folder: 'Sent',
      internalDate: day(date),
    })
  sent('too-old', '2026-02-28')
  sent('first', '2026-03-01', 'X-Rookery-Ref: r1\r\n')
  server.deliver('ann', mail('no ids'), { folder: 'Sent', internalDate: day('2026-03-02') })
  sent('too-new', '2026-03-03')
  const range = { since: day('2026-03-01'), before: day('2026-03-03') }
  const listed = await imapSession(ann, (session) => Array.fromAsync(listHeaders(session, 'Sent', range)))
  expect(listed).toMatchObject([
    { uid: 2, internalDate: day('2026-03-01'), messageId: '<first@lab.test>', ref: 'r1' },
    { uid: 3, internalDate: day('2026-03-02'), messageId: undefined, ref: undefined },
  ])
})

test.each<[string, ImapProviderOptions, object]>([
  [
    'with SPECIAL-USE',
    { folders: { junk: 'Weg', sent: 'Raus', all: 'Alles' } },
    { inbox: 'INBOX', junk: 'Weg', sent: 'Raus', all: 'Alles' },
  ],
  [
    'without it, below INBOX, in German',
    { extensions: [], belowInbox: true, delimiter: '.', folders: { junk: 'Spamverdacht', sent: 'Gesendet' } },
    { inbox: 'INBOX', junk: 'INBOX.Spamverdacht', sent: 'INBOX.Gesendet' },
  ],
])('folders are found at a server %s', async (_what, options, found) => {
  const mailbox = await provider(options)
  expect(await imapSession(mailbox, findFolders)).toEqual(found)
})
