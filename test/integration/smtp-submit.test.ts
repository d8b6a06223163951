import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Behaviour } from '../../src/lab/smtp-behaviours.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { type Submission, type SubmissionResult, submit } from '../../src/smtp/submit.ts'
import { createTransports, type Transports } from '../../src/smtp/transports.ts'

let provider: SmtpProvider
let transports: Transports
const received: Buffer[] = []

beforeEach(async () => {
  received.length = 0
  provider = await startSmtpProvider({ onBodyChunk: (chunk) => received.push(chunk) })
  transports = createTransports()
})

afterEach(async () => {
  await provider.close()
  await transports.close()
})

const sizes = [
  ['2 KB', 2_000],
  ['200 KB', 200_000],
] as const

describe.each(sizes)('a body of %s', (_name, size) => {
  const send = (to: string, change: Partial<Submission> = {}) => sendBody(bodyOf(size), to, change)

  test('is accepted with the reply to the dot', async () => {
    const result = await send('ann@accept.test')
    expect(kindOf(result)).toBe('accepted message accepted')
    expect(result).toMatchObject({ released: true, reply: { code: 250, command: 'end of DATA' } })
    expect(provider.accepted.byMessageId.get('<1@example.com>')).toBe(1)
    expect(provider.accepted.byRef.get('r1')).toBe(1)
  })

  const notSent: [string, string, Behaviour][] = [
    ['at the greeting', 'connect_failed', { at: 'connect', do: 'drop' }],
    ['at EHLO', 'connect_failed', { at: 'EHLO', do: 'drop' }],
    ['at MAIL', 'connection_lost', { at: 'MAIL', do: 'drop' }],
    ['at RCPT', 'connection_lost', { at: 'RCPT', do: 'drop' }],
    ['at DATA', 'connection_lost', { at: 'DATA', do: 'drop' }],
  ]
  test.each(notSent)('was not sent when the server hangs up %s', async (_phase, code, behaviour) => {
    provider.setBehaviours({ '*': behaviour })
    const result = await send('ann@other.test')
    expect(kindOf(result)).toBe(`not_sent ${code === 'connection_lost' ? 'message' : 'host'} ${code}`)
    expect(result.released).toBe(false)
    expect(provider.connections.total).toBe(1)
  })

  test('is in doubt when the server hangs up in the middle of it and the end had left', async () => {
    const result = await send('ann@drop-before-dot.test')
    expect(kindOf(result)).toBe(
      result.released ? 'ambiguous message connection_lost_after_body' : 'not_sent message connection_lost',
    )
    expect(provider.accepted.total).toBe(0)
  })

  test.each([
    ['kept', 'drop-after-dot.test', 1],
    ['thrown away', 'discard-after-dot.test', 0],
  ])(
    'is in doubt when the server hangs up after the dot, the message %s',
    async (_fate, domain, accepted) => {
      const result = await send(`ann@${domain}`)
      expect(kindOf(result)).toBe('ambiguous message connection_lost_after_body')
      expect(provider.accepted.total).toBe(accepted)
    },
  )

  test('is in doubt when the server says nothing after the dot', async () => {
    transports = createTransports({ replyTimeoutMs: 300 })
    const result = await send('ann@hang-after-dot.test')
    expect(kindOf(result)).toBe('ambiguous message reply_timeout')
    expect(provider.accepted.total).toBe(1)
  })

  test.each([
    ['RCPT, for ever', 'reject-rcpt.test', 'rejected_permanent message invalid_recipient', false],
    ['RCPT, for now', 'full.test', 'rejected_transient message mailbox_full', false],
    [
      'RCPT, the provider being busy',
      'limit.test',
      'rejected_transient recipient_provider provider_deferred',
      false,
    ],
    ['DATA', 'reject-data.test', 'rejected_permanent message message_rejected', false],
    ['the dot, for ever', 'reject-dot.test', 'rejected_permanent message message_rejected', true],
    ['the dot, for now', 'defer-dot.test', 'rejected_transient message message_deferred', true],
  ])('was refused at %s', async (_phase, domain, verdict, released) => {
    const result = await send(`ann@${domain}`)
    expect(kindOf(result)).toBe(verdict)
    expect(result.released).toBe(released)
    expect(provider.accepted.total).toBe(0)
  })

  test('was refused at MAIL for its sender', async () => {
    const result = await send('ann@accept.test', { from: 'bob@reject-mail.test' })
    expect(kindOf(result)).toBe('rejected_transient mailbox sender_rejected')
    expect(result.detail).toBe('550 5.1.8 Access denied, bad outbound sender (MAIL FROM)')
  })

  test('gets no dot when it may not be released', async () => {
    const result = await send('ann@accept.test', { mayRelease: () => false })
    expect(kindOf(result)).toBe('not_sent message lease_lapsed')
    expect(result.released).toBe(false)
    await provider.until(({ connections }) => connections.open === 0)
    expect(provider.reached.DATA).toBe(1)
    expect(provider.reached.dot).toBeUndefined()
  })

  test('is asked for only when the server has said 354', async () => {
    let reached: unknown
    await send('ann@accept.test', {
      mayRelease: () => {
        reached = { ...provider.reached }
        return true
      },
    })
    expect(reached).toMatchObject({ RCPT: 1, DATA: 1, body: 1 })
  })

  test('arrives byte for byte, lines of dots included', async () => {
    const lines = ['.', '..', '.a', 'a.', '', '.', 'MIME.'].join('\r\n')
    const body = Buffer.concat([Buffer.from('X-A: 1\r\n\r\n'), Buffer.from(`${lines}\r\n`.repeat(size / 30))])
    await sendBody(body, 'ann@accept.test')
    expect(Buffer.concat(received).equals(body)).toBe(true)
  })
})

test('a reply that never ends is given up as in doubt', async () => {
  const { port, hangUp } = await startTrickling()
  const trickling = createTransports({ replyTimeoutMs: 150 })
  const mailbox = { id: 'm1', host: '127.0.0.1', port, security: 'none' as const, maxConnections: 1 }
  const message = {
    from: 'bob@example.com',
    to: 'ann@accept.test',
    body: bodyOf(100),
    mayRelease: () => true,
  }
  const result = await submit(trickling.forMailbox(mailbox), { ...message, prepareTimeoutMs: 100 })
  expect(kindOf(result)).toBe('ambiguous message reply_timeout')
  hangUp()
  await trickling.close()
})

test('a refusal is greylisting the first time only', async () => {
  const send = () => sendBody(bodyOf(100), 'ann@greylist.test')
  expect(kindOf(await send())).toBe('rejected_transient message greylisted')
  expect(kindOf(await send())).toBe('accepted message accepted')
})

test('what a full buffer held back was not sent', async () => {
  const result = await sendBody(bodyOf(30_000_000), 'ann@drop-before-dot.test')
  expect(kindOf(result)).toBe('not_sent message connection_lost')
  expect(result.released).toBe(false)
})

describe('the question before the last chunk', () => {
  test('withholds it with the reason it is given', async () => {
    const result = await sendBody(bodyOf(100), 'ann@accept.test', { mayRelease: async () => 'suppressed' })
    expect(kindOf(result)).toBe('not_sent message suppressed')
  })

  test('withholds it when it throws', async () => {
    const mayRelease = () => Promise.reject(new Error('no database'))
    const result = await sendBody(bodyOf(100), 'ann@accept.test', { mayRelease })
    expect(kindOf(result)).toBe('not_sent message release_check_failed')
    expect(provider.accepted.total).toBe(0)
  })

  test('releases nothing when it is answered after the connection was lost', async () => {
    const question = Promise.withResolvers<boolean>()
    const asked = Promise.withResolvers<void>()
    const pending = sendBody(bodyOf(100), 'ann@accept.test', {
      mayRelease: () => {
        asked.resolve()
        return question.promise
      },
    })
    await asked.promise
    await provider.close()
    const result = await pending
    question.resolve(true)
    await question.promise
    expect(kindOf(result)).toBe('not_sent message connection_lost')
  })
})

describe('giving up', () => {
  test('before the release sends nothing', async () => {
    const abort = new AbortController()
    const pending = sendBody(bodyOf(100), 'ann@accept.test', {
      mayRelease: () => new Promise(() => abort.abort()),
      signal: abort.signal,
    })
    expect(kindOf(await pending)).toBe('not_sent message aborted')
    await provider.until(({ connections }) => connections.open === 0)
    expect(provider.accepted.total).toBe(0)
  })

  test('before it began opens no connection', async () => {
    const result = await sendBody(bodyOf(100), 'ann@accept.test', { signal: AbortSignal.abort() })
    expect(kindOf(result)).toBe('not_sent message aborted')
    expect(transports.counts().open).toBe(0)
  })

  test('after the release waits for the reply', async () => {
    const abort = new AbortController()
    provider.setBehaviours({ 'abort.test': { at: 'dot', do: 'delay', ms: 50 } })
    const pending = sendBody(bodyOf(100), 'ann@abort.test', { signal: abort.signal })
    await provider.until(({ reached }) => reached.dot === 1)
    abort.abort()
    expect(kindOf(await pending)).toBe('accepted message accepted')
  })

  test.each(['EHLO', 'MAIL', 'RCPT', 'DATA'] as const)(
    'happens by itself when %s is never answered',
    async (at) => {
      provider.setBehaviours({ '*': { at, do: 'hang' } })
      const result = await sendBody(bodyOf(100), 'ann@other.test', { prepareTimeoutMs: 200 })
      expect(kindOf(result)).toBe(
        at === 'EHLO' ? 'not_sent host connect_timeout' : 'not_sent message session_timeout',
      )
    },
  )

  test('while connecting lets nothing through later', async () => {
    provider.setBehaviours({ '*': { at: 'connect', do: 'delay', ms: 200 } })
    const result = await sendBody(bodyOf(100), 'ann@other.test', { prepareTimeoutMs: 50 })
    expect(kindOf(result)).toBe('not_sent host connect_timeout')
    await provider.until(({ connections, reached }) => reached.EHLO === 1 && connections.open === 0)
    expect(provider.reached.dot).toBeUndefined()
  })
})

test.each([
  'ann@accept.test\r\nRCPT TO:<eve@evil.test>',
  'ann@accept.test, eve@evil.test',
  'Ann <ann@accept.test>',
  '',
])('an envelope that is not one plain address is refused here: %j', async (to) => {
  const result = await sendBody(bodyOf(100), to)
  expect(kindOf(result)).toBe('rejected_permanent message invalid_envelope')
  expect(provider.connections.total).toBe(0)
})

test('an address of unusual letters arrives as it is', async () => {
  const to = "O'Brien+x=y/z!#$%&*?^_`{|}~-@accept.test"
  await sendBody(bodyOf(100), to)
  expect([...provider.accepted.byRecipient.keys()]).toEqual([to])
})

function sendBody(body: Buffer, to: string, change: Partial<Submission> = {}): Promise<SubmissionResult> {
  const transport = transports.forMailbox({
    id: 'm1',
    host: provider.host,
    port: provider.port,
    security: 'none',
    maxConnections: 2,
  })
  return submit(transport, { from: 'bob@example.com', to, body, mayRelease: () => true, ...change })
}

function bodyOf(size: number): Buffer {
  const head = Buffer.from('Message-ID: <1@example.com>\r\nX-Rookery-Ref: r1\r\n\r\n')
  return Buffer.concat([head, Buffer.alloc(size, 'A line of the body, 40 characters long.\r\n')])
}

function kindOf({ verdict: { kind, scope, code } }: SubmissionResult): string {
  return `${kind} ${scope} ${code}`
}

/** A server whose reply to the dot goes on for ever, a line every 20 ms. */
async function startTrickling(): Promise<{ port: number; hangUp: () => void }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.write('220 hello\r\n')
    let trickle: NodeJS.Timeout | undefined
    socket.on('data', (data) => {
      const text = data.toString()
      if (text.endsWith('\r\n.\r\n')) trickle = setInterval(() => socket.write('250-wait\r\n'), 20)
      else socket.write(text.startsWith('DATA') ? '354 go\r\n' : '250 ok\r\n')
    })
    socket.on('close', () => clearInterval(trickle))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const hangUp = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, hangUp }
}
