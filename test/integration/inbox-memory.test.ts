import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startImapFarm } from '../../src/lab/imap-farm.ts'
import { createTestDatabase } from '../support/database.ts'
import { insertTenant, mint } from '../support/factories.ts'
import { insertImapMailbox } from '../support/inbox.ts'
import type { SyncMemory } from '../support/inbox-memory.ts'

const megabyte = 1024 * 1024
const header = Buffer.from(
  'From: Bea <bea@elsewhere.test>\r\nTo: ann@lab.test\r\nSubject: huge\r\nMIME-Version: 1.0\r\n\r\n',
)

/** A message of text that is made up as it is asked for. */
const huge = (size: number) => ({
  size,
  read(start: number, end: number) {
    const text = Buffer.alloc(end - start, 'some words of a very long letter, again and again.\r\n')
    if (start < header.length) header.copy(text, 0, start, Math.min(end, header.length))
    return text
  },
})

test('an inbox process holds far less of a message of 50 MB than its size', async () => {
  const database = await createTestDatabase()
  const farm = await startImapFarm()
  const server = { port: farm.port, username: `${mint('ann')}@lab.test`, password: farm.password }
  const mailbox = await insertImapMailbox(database.db, (await insertTenant(database.db)).id, server)
  farm.deliver(server.username, huge(5 * megabyte))
  const child = fork('test/support/inbox-memory.ts', [database.url, mailbox.tenant_id, mailbox.id], {
    execArgv: ['--expose-gc'],
  })
  try {
    for (const megabytes of [100, 50]) {
      const [word] = await once(child, 'message')
      expect(word).toBe('ready')
      farm.deliver(server.username, huge(megabytes * megabyte))
      child.send('go')
    }
    const [memory] = (await once(child, 'message')) as [SyncMemory]
    const stored = await database.db.selectFrom('email_messages').select('size_bytes').execute()
    expect(stored).toHaveLength(3)
    expect(memory.live).toBeLessThan(10 * megabyte)
    // What waits for collection does not grow with the message.
    expect(memory.resident).toBeLessThan(80 * megabyte)
  } finally {
    child.kill()
    await farm.close()
    await database.close()
  }
})
