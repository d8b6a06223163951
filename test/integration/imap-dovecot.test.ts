import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appendMessage, createFolder, moveMessages, setFlags } from '../../src/imap/change-folder.ts'
import { findFolders } from '../../src/imap/find-folders.ts'
import { listHeaders } from '../../src/imap/list-headers.ts'
import { dovecotTitle, hasDovecot, startDovecot } from '../support/dovecot.ts'
import { always, failureOf, imapSession, mail, readAll } from '../support/imap.ts'

describe.skipIf(!hasDovecot)(dovecotTitle, () => {
  let server: Awaited<ReturnType<typeof startDovecot>>
  let door: typeof server.door
  let users = 0

  beforeAll(async () => {
    server = await startDovecot()
    door = server.door
  })
  afterAll(() => server.close())

  /** Every login name is a mailbox of its own. */
  const mailbox = () => {
    users += 1
    return { ...door, username: `user${users}` }
  }

  test('is read from the cursor, each message once', async () => {
    await imapSession(mailbox(), async (session) => {
      await appendMessage(session, 'INBOX', mail('one'))
      const first = await readAll(session, 'INBOX')
      expect(first.bodies).toEqual([[1, mail('one').toString()]])
      expect((await readAll(session, 'INBOX', first.reading.cursor)).bodies).toEqual([])
      await appendMessage(session, 'INBOX', mail('two'))
      expect((await readAll(session, 'INBOX', first.reading.cursor)).bodies).toEqual([
        [2, mail('two').toString()],
      ])
    })
  })

  test('is read by date at first', async () => {
    await imapSession(mailbox(), async (session) => {
      await appendMessage(session, 'INBOX', mail('old'), { internalDate: new Date('2025-01-01T00:00:00Z') })
      await appendMessage(session, 'INBOX', mail('new'), { internalDate: new Date('2026-01-01T00:00:00Z') })
      const policy = { since: new Date('2025-12-31T23:00:00Z') }
      const { bodies, reading } = await readAll(session, 'INBOX', undefined, policy)
      expect(bodies.map(([uid]) => uid)).toEqual([2])
      expect(reading.cursor).toMatchObject({ lastUid: 2, reseeding: false })
    })
  })

  test('has its folders found, changed and listed', async () => {
    await imapSession(mailbox(), async (session) => {
      expect(await findFolders(session)).toEqual({ inbox: 'INBOX', junk: 'Junk', sent: 'Sent' })
      expect(await createFolder(session, 'Warmup')).toBe(true)
      expect(await createFolder(session, 'Warmup')).toBe(false)
      await appendMessage(session, 'Junk', Buffer.from('Message-ID: <1@lab.test>\r\n\r\nx\r\n'))
      await setFlags(session, 'Junk', [1], { add: ['\\Seen'] })
      await moveMessages(session, 'Junk', [1], 'Warmup')
      const range = { since: always.since, before: new Date(Date.now() + 86_400_000) }
      const listed = await Array.fromAsync(listHeaders(session, 'Warmup', range))
      expect(listed).toMatchObject([{ uid: 1, messageId: '<1@lab.test>' }])
    })
  })

  test('is read again after it was renumbered', async () => {
    await imapSession(mailbox(), async (session) => {
      await appendMessage(session, 'INBOX', mail('one'))
      const { reading } = await readAll(session, 'INBOX')
      const before = { ...reading.cursor, uidValidity: reading.uidValidity - 1 }
      const again = await readAll(session, 'INBOX', before)
      expect(again.reading.plan).toMatchObject({ reason: 'renumbered' })
      expect(again.bodies).toHaveLength(1)
    })
  })

  test('refuses a wrong password in words', async () => {
    const failure = await failureOf(imapSession(door, async () => {}, {}, { password: 'wrong' }))
    expect(failure.kind).toBe('auth_failed')
  })
})
