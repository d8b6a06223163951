import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import type { MessageCost } from '../support/imap-reader.ts'

const megabyte = 1024 * 1024
let farm: ImapFarm | undefined

afterEach(async () => {
  await farm?.close()
})

/** Content that is made up as it is asked for. */
const madeUp = (size: number) => ({
  size,
  read: (start: number, end: number) => Buffer.alloc(end - start, 'x'),
})

test('a message of 50 MB costs its reader no 50 MB of memory', async () => {
  farm = await startImapFarm({ mailboxes: ['ann'] })
  // The first message warms up what any reading needs.
  farm.deliver('ann', madeUp(5 * megabyte))
  farm.deliver('ann', madeUp(50 * megabyte))
  // A small young generation, so that what is measured is what is held, not what waits to be collected.
  const reader = [
    '--max-semi-space-size=2',
    'test/support/imap-reader.ts',
    `${farm.port}`,
    'ann',
    farm.password,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, reader)
  const [, cost] = JSON.parse(stdout) as MessageCost[]
  expect(cost?.bytes).toBe(50 * megabyte)
  expect(cost?.grownBy).toBeLessThan(20 * megabyte)
})
