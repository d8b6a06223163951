import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createImapLimits, type ImapLimitSizes } from '../../../src/imap/limits.ts'
import type { ImapSettings } from '../../../src/imap/settings.ts'

const mailbox = (id: string, host = 'imap.example.com', username = id): ImapSettings => ({
  id,
  host,
  port: 993,
  security: 'tls',
  username,
  password: 'x',
})

/** Starts a session for each mailbox and holds it; says how many run at once. */
async function hold(sizes: ImapLimitSizes, mailboxes: ImapSettings[]) {
  const limits = createImapLimits(sizes)
  const gate = Promise.withResolvers<void>()
  let running = 0
  let peak = 0
  const sessions = mailboxes.map((settings) =>
    limits.run(settings, new AbortController().signal, async () => {
      running += 1
      peak = Math.max(peak, running)
      await gate.promise
      await nextTurn()
      running -= 1
    }),
  )
  await nextTurn()
  await nextTurn()
  const atFirst = running
  gate.resolve()
  await Promise.all(sessions)
  await nextTurn()
  await nextTurn()
  return { atFirst, peak, busyKeys: limits.busyKeys }
}

const ids = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`)

describe('sessions at once', () => {
  test('are as many as the process may have', async () => {
    const mailboxes = ids(9).map((id) => mailbox(id, `${id}.example.com`))
    expect(await hold({ process: 4, perHost: 4 }, mailboxes)).toEqual({ atFirst: 4, peak: 4, busyKeys: 0 })
  })

  test('are as many as a host may have, and leave room for other hosts', async () => {
    const mailboxes = [...ids(9).map((id) => mailbox(id)), mailbox('other', 'other.example.com')]
    expect(await hold({ process: 8, perHost: 3 }, mailboxes)).toMatchObject({ atFirst: 4, peak: 4 })
  })

  test('are one for a mailbox', async () => {
    const mailboxes = [mailbox('m'), mailbox('m'), mailbox('n')]
    expect(await hold({ process: 8, perHost: 8 }, mailboxes)).toMatchObject({ atFirst: 2, peak: 2 })
  })

  test('are 15 for an account at Gmail, however many mailboxes share it', async () => {
    const mailboxes = ids(20).map((id) => mailbox(id, 'imap.gmail.com', 'ann@gmail.com'))
    expect(await hold({ process: 50, perHost: 50 }, mailboxes)).toMatchObject({ atFirst: 15, peak: 15 })
  })
})

describe('a wait for room', () => {
  test('ends when the signal aborts, and the session never starts', async () => {
    const limits = createImapLimits({ process: 1, perHost: 1 })
    const gate = Promise.withResolvers<void>()
    const first = limits.run(mailbox('a'), new AbortController().signal, () => gate.promise)
    const abort = new AbortController()
    let started = false
    const second = limits.run(mailbox('b'), abort.signal, async () => {
      started = true
    })
    abort.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    gate.resolve()
    await first
    await nextTurn()
    await nextTurn()
    expect({ started, busyKeys: limits.busyKeys }).toEqual({ started: false, busyKeys: 0 })
  })

  test('is over when the session before it fails', async () => {
    const limits = createImapLimits({ process: 1, perHost: 1 })
    const { signal } = new AbortController()
    const first = limits.run(mailbox('a'), signal, () => Promise.reject(new Error('broken')))
    const second = limits.run(mailbox('a'), signal, () => Promise.resolve('done'))
    await expect(first).rejects.toThrow('broken')
    expect(await second).toBe('done')
  })
})
