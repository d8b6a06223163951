import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appendMessage, createFolder, moveMessages, setFlags } from '../../src/imap/change-folder.ts'
import { findFolders } from '../../src/imap/find-folders.ts'
import { listHeaders } from '../../src/imap/list-headers.ts'
import { eventually } from '../support/eventually.ts'
import { always, failureOf, imapSession, mail, readAll } from '../support/imap.ts'

const dovecot = '/usr/sbin/dovecot'
const installed = existsSync(dovecot) && process.getuid?.() === 0
const title = installed ? 'Dovecot' : `Dovecot (not run: ${dovecot} is not installed, or we are not root)`

describe.skipIf(!installed)(title, () => {
  let directory: string
  let server: ChildProcess
  let door: Parameters<typeof imapSession>[0]
  let users = 0

  beforeAll(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'dovecot-'))
    const port = await freePort()
    await mkdir(path.join(directory, 'mail'))
    // Dovecot keeps mail as `nobody`.
    await chmod(directory, 0o755)
    await chmod(path.join(directory, 'mail'), 0o777)
    const file = path.join(directory, 'dovecot.conf')
    await writeFile(file, configuration(directory, port))
    server = spawn(dovecot, ['-F', '-c', file], { stdio: 'ignore' })
    door = { host: '127.0.0.1', port, username: 'start', password: 'lab-password' }
    await eventually(() => imapSession(door, async () => true))
  })

  afterAll(async () => {
    server.kill()
    await once(server, 'exit')
    await rm(directory, { recursive: true })
  })

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

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

const configuration = (directory: string, port: number) => `
base_dir = ${directory}/run
log_path = ${directory}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
mail_location = maildir:${directory}/mail/%u
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = static
  args = password=lab-password
}
userdb {
  driver = static
  args = allow_all_users=yes home=${directory}/mail/%u
}
namespace inbox {
  inbox = yes
  mailbox Junk {
    special_use = \\Junk
    auto = create
  }
  mailbox Sent {
    special_use = \\Sent
    auto = create
  }
}
`
