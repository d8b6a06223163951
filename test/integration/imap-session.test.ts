import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createImapLimits } from '../../src/imap/limits.ts'
import { withImapSession } from '../../src/imap/session.ts'
import { type ImapFaults, type ImapFront, startImapFront } from '../../src/lab/imap-faults.ts'
import {
  type ImapProvider,
  type ImapProviderOptions,
  startImapProvider,
} from '../../src/lab/imap-provider.ts'
import { selfSignedCertificate } from '../../src/lab/smtp-certificate.ts'
import { failureOf, imapSession, mail, readAll, settingsOf } from '../support/imap.ts'

const started: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.close()
})

async function provider(options?: ImapProviderOptions): Promise<ImapProvider> {
  const server = await startImapProvider(options)
  started.push(server)
  return server
}

/** A mailbox with a front before it; the session goes through the front. */
async function fronted(faults: ImapFaults, options?: ImapProviderOptions) {
  const behind = await provider(options)
  const front = await startImapFront(behind, faults)
  started.push(front)
  const { username, password } = behind
  return { behind, front, door: { host: front.host, port: front.port, username, password } }
}

const gone = ({ connections }: ImapProvider | ImapFront) => connections.until(() => connections.open === 0)

describe('a session is let go', () => {
  test('with LOGOUT after its work', async () => {
    const { front, door } = await fronted({})
    expect(await imapSession(door, async (session) => session.offers('MOVE'))).toBe(true)
    await gone(front)
    expect(front.commands.at(-1)).toBe('LOGOUT')
    expect(front.connections.total).toBe(1)
  })

  test('when its work throws, and the error is the one thrown', async () => {
    const mailbox = await provider()
    const failure = new Error('not about IMAP')
    const session = imapSession(mailbox, async () => {
      throw failure
    })
    await expect(session).rejects.toBe(failure)
    await gone(mailbox)
  })

  test('when the signal aborts in the midst of a command', async () => {
    const { front, door } = await fronted({ hang: { at: 'EXAMINE' } })
    const abort = new AbortController()
    const session = imapSession(door, (open) => open.open('INBOX'), { signal: abort.signal })
    await front.connections.until(() => front.commands.some((command) => command.startsWith('EXAMINE')))
    abort.abort(new Error('shutting down'))
    const failure = await failureOf(session)
    expect(failure).toMatchObject({ kind: 'closed', message: 'the session was given up' })
    expect(failure.cause).toEqual(new Error('shutting down'))
    await gone(front)
  })

  test('when the signal aborts while it logs in', async () => {
    const { front, door } = await fronted({ hang: { at: 'AUTHENTICATE' } })
    const abort = new AbortController()
    const session = imapSession(door, async () => {}, { signal: abort.signal })
    await front.connections.until(() => front.commands.some((command) => command.startsWith('AUTHENTICATE')))
    abort.abort()
    expect(await failureOf(session)).toMatchObject({ kind: 'closed' })
    await gone(front)
  })

  test('when the signal had aborted before, without a connection', async () => {
    const mailbox = await provider()
    const session = imapSession(mailbox, async () => {}, { signal: AbortSignal.abort() })
    expect(await failureOf(session)).toMatchObject({ kind: 'closed' })
    expect(mailbox.connections.total).toBe(0)
  })

  test('when the server falls silent', async () => {
    const { front, door } = await fronted({ hang: { at: 'EXAMINE' } })
    const session = imapSession(door, (open) => open.open('INBOX'), { silenceTimeoutMs: 1_000 })
    expect(await failureOf(session)).toMatchObject({
      kind: 'timeout',
      message: 'open the folder "INBOX": the server said nothing for 1 s',
    })
    await gone(front)
  })

  test('when all of it takes too long, although the server keeps talking', async () => {
    const { behind, front, door } = await fronted({})
    behind.deliver(mail('x'.repeat(100_000)))
    front.faults = { slow: { bytes: 500, everyMs: 5 } }
    const session = imapSession(door, (open) => readAll(open, 'INBOX'), {
      silenceTimeoutMs: 5_000,
      sessionTimeoutMs: 1_000,
    })
    expect(await failureOf(session)).toMatchObject({
      kind: 'timeout',
      message: 'the session took longer than 1 s',
    })
    await gone(front)
  })

  test('when the server never answers LOGOUT', async () => {
    const { front, door } = await fronted({ hang: { at: 'LOGOUT' } })
    expect(await imapSession(door, async () => 'done')).toBe('done')
    await gone(front)
  })

  test('when the server hangs up between two commands', async () => {
    const mailbox = await provider()
    const session = imapSession(mailbox, async (open) => {
      await open.list()
      mailbox.connections.dropAll()
      await gone(mailbox)
      await open.list()
    })
    expect(await failureOf(session)).toMatchObject({
      kind: 'closed',
      message: 'list the folders: the connection was lost',
    })
  })
})

test('a slow server is not taken for a silent one', async () => {
  const { behind, front, door } = await fronted({})
  behind.deliver(mail('x'.repeat(20_000)))
  front.faults = { slow: { bytes: 1_000, everyMs: 30 } }
  const read = await imapSession(door, (open) => readAll(open, 'INBOX'), {
    silenceTimeoutMs: 1_000,
  })
  expect(read.bodies[0]?.[1]).toHaveLength(40_015)
})

test('a session whose caller takes its time between commands is left alone', async () => {
  const { door } = await fronted({})
  const work = imapSession(
    door,
    async (session) => {
      await session.open('INBOX')
      await new Promise((resolve) => setTimeout(resolve, 1_300))
      return await session.list()
    },
    { silenceTimeoutMs: 1_000 },
  )
  expect((await work).map(({ path }) => path)).toContain('INBOX')
})

describe('a failure says what was asked and what the server said', () => {
  test('of a wrong password, without the password', async () => {
    const mailbox = await provider({ password: 'right' })
    const failure = await failureOf(imapSession(mailbox, async () => {}, {}, { password: 'wrong pass' }))
    expect(failure).toMatchObject({
      kind: 'auth_failed',
      message: 'log in: the server said "Login failed: authentication failure"',
    })
    await gone(mailbox)
  })

  test('of a server that repeats the password', async () => {
    const { door } = await fronted({ answers: { LOGIN: 'NO who is lab password?' } }, { extensions: [] })
    const failure = await failureOf(imapSession(door, async () => {}))
    expect(failure.message).toBe('log in: the server said "who is ***?"')
    expect(JSON.stringify([failure, failure.stack, failure.cause])).not.toContain('lab password')
  })

  test('of too many connections, at login', async () => {
    const { door } = await fronted(
      { answers: { LOGIN: 'NO [ALERT] Too many simultaneous connections. (Failure)' } },
      { extensions: [] },
    )
    expect(await failureOf(imapSession(door, async () => {}))).toMatchObject({ kind: 'too_many_connections' })
  })

  test('of too many connections, as the greeting', async () => {
    const { front, door } = await fronted({ greeting: '* BYE Too many connections from your address' })
    expect(await failureOf(imapSession(door, async () => {}))).toMatchObject({
      kind: 'too_many_connections',
      message: 'log in: the server said "Too many connections from your address"',
    })
    await gone(front)
  })

  test('of a port where nobody listens', async () => {
    const mailbox = await provider()
    const { port } = mailbox
    await mailbox.close()
    expect(await failureOf(imapSession({ ...settingsOf(mailbox), port }, async () => {}))).toMatchObject({
      kind: 'connect_failed',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('of a server that never greets', async () => {
    const mute = createServer(() => {})
    started.push({ close: () => new Promise((resolve) => mute.close(() => resolve())) })
    const port = await portOf(mute)
    const settings = { host: '127.0.0.1', port, username: 'ann', password: 'x' }
    const failure = await failureOf(imapSession(settings, async () => {}, { connectTimeoutMs: 100 }))
    expect(failure.kind).toBe('timeout')
  })

  test('of a folder that is not there', async () => {
    const mailbox = await provider()
    expect(await failureOf(imapSession(mailbox, (session) => session.open('Nowhere')))).toMatchObject({
      kind: 'protocol',
      message: 'open the folder "Nowhere": the server said "Invalid mailbox name"',
    })
  })

  test('of a command that imapflow answers with false', async () => {
    const { door } = await fronted({ answers: { 'UID COPY': 'NO [TRYCREATE] no such place' } })
    const copy = imapSession(door, async (session) => {
      await session.open('INBOX', 'write')
      await session.run('copy message 1', (client) => client.messageCopy('1', 'Nowhere', { uid: true }))
    })
    expect(await failureOf(copy)).toMatchObject({
      kind: 'protocol',
      message: 'copy message 1: the server said "no such place"',
    })
  })

  test('of a password in the clear, without a connection', async () => {
    const mailbox = await provider()
    const failure = await failureOf(imapSession(mailbox, async () => {}, {}, { host: 'imap.example.com' }))
    expect(failure.message).toContain('in the clear: use starttls or tls')
    expect(mailbox.connections.total).toBe(0)
  })
})

describe('TLS', () => {
  const certificate = selfSignedCertificate()
  const implicit = { ...certificate, implicit: true }
  const upgraded = { ...certificate, implicit: false }

  test('from the first byte, with a certificate that is trusted', async () => {
    const mailbox = await provider({ tls: implicit })
    const folders = imapSession(
      mailbox,
      (session) => session.list(),
      { tlsCa: certificate.cert },
      { security: 'tls', host: 'localhost' },
    )
    expect(await folders).toHaveLength(3)
    await gone(mailbox)
  })

  test('is refused with a certificate that is not', async () => {
    const mailbox = await provider({ tls: implicit })
    const failure = await failureOf(imapSession(mailbox, async () => {}, {}, { security: 'tls' }))
    expect(failure).toMatchObject({ kind: 'tls_failed', message: expect.stringContaining('self-signed') })
    await gone(mailbox)
  })

  test('by STARTTLS, before the password leaves', async () => {
    const { front, door } = await fronted({}, { tls: upgraded, extensions: ['STARTTLS'] })
    const options = { tlsCa: certificate.cert }
    await imapSession(door, async () => {}, options, { security: 'starttls', host: 'localhost' })
    expect(front.commands.some((command) => command.startsWith('STARTTLS'))).toBe(true)
    expect(front.commands.join()).not.toContain('lab password')
  })

  test('is never done without where STARTTLS is required and not offered', async () => {
    const { front, door } = await fronted({}, { extensions: [] })
    const failure = await failureOf(imapSession(door, async () => {}, {}, { security: 'starttls' }))
    expect(failure.kind).toBe('tls_failed')
    expect(front.commands.join()).not.toContain('LOGIN')
    await gone(front)
  })
})

test('a second session of a mailbox waits until the first is let go', async () => {
  const mailbox = await provider()
  const limits = createImapLimits({ process: 10, perHost: 10 })
  const settings = settingsOf(mailbox)
  const order: string[] = []
  const session = (name: string) =>
    withImapSession(settings, { limits }, async (open) => {
      order.push(`${name} begins`)
      await open.list()
      order.push(`${name} ends`)
    })
  await Promise.all([session('first'), session('second')])
  expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
})

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
