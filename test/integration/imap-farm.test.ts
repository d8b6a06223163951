import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFolder, moveMessages, setFlags } from '../../src/imap/change-folder.ts'
import { findFolders } from '../../src/imap/find-folders.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { imapSession, mail } from '../support/imap.ts'

let farm: ImapFarm
beforeAll(async () => {
  farm = await startImapFarm({ folders: [{ name: 'Spamverdacht' }] })
})
afterAll(() => farm.close())

test('messages of the farm are flagged and moved into a folder that was made', async () => {
  for (const subject of ['one', 'two', 'three']) farm.deliver('ann', mail(subject))
  const door = { host: farm.host, port: farm.port, username: 'ann', password: farm.password }
  await imapSession(door, async (session) => {
    expect(await findFolders(session)).toEqual({ inbox: 'INBOX', junk: 'Spamverdacht' })
    expect(await createFolder(session, 'Warmup')).toBe(true)
    expect(await createFolder(session, 'Warmup')).toBe(false)
    await setFlags(session, 'INBOX', [1, 3], { add: ['\\Seen', '\\Flagged'] })
    await setFlags(session, 'INBOX', [3], { remove: ['\\Flagged'] })
    await moveMessages(session, 'INBOX', [1, 3], 'Warmup')
  })
  const held = (name: string) =>
    farm
      .folder('ann', name)
      .messages.map(({ uid, flags, content }) => [
        uid,
        flags.join(' '),
        content.read(0, content.size).toString().split('\r\n')[0],
      ])
  expect(held('INBOX')).toEqual([[2, '', 'Subject: two']])
  expect(held('Warmup')).toEqual([
    [1, '\\Seen \\Flagged', 'Subject: one'],
    [2, '\\Seen', 'Subject: three'],
  ])
})
