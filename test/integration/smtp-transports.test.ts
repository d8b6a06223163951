import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import type { SmtpMailbox } from '../../src/smtp/security.ts'
import { type SubmissionResult, submit } from '../../src/smtp/submit.ts'
import { createTransports, type Transports, type TransportsOptions } from '../../src/smtp/transports.ts'

let provider: SmtpProvider
let transports: Transports

beforeEach(async () => {
  provider = await startSmtpProvider({ login: { username: 'bob', password: 'old' } })
})

afterEach(async () => {
  await provider.close()
  await transports.close()
})

describe('the connections of a mailbox', () => {
  test('are kept from message to message', async () => {
    use({})
    for (let n = 0; n < 10; n += 1) await send()
    expect(provider.connections.total).toBe(1)
    expect(provider.reached.AUTH).toBe(1)
    expect(transports.counts()).toEqual({ open: 1, connections: 1 })
  })

  test('are never more than its maximum, also while one is replaced', async () => {
    use({ maxMessagesPerConnection: 3 })
    const ours: number[] = []
    const counting = () => {
      ours.push(transports.counts().connections)
      return true
    }
    const sendMany = async () => {
      for (let n = 0; n < 13; n += 1) await send({ maxConnections: 3 }, 'ann@accept.test', counting)
    }
    await Promise.all([sendMany(), sendMany(), sendMany()])
    expect(provider.accepted.total).toBe(39)
    expect(Math.max(...ours)).toBe(3)
    expect(provider.connections.peak).toBe(3)
    expect(provider.connections.total).toBeGreaterThanOrEqual(13)
  })

  test('are new ones when the password or the host has changed, the old ones closed', async () => {
    use({})
    await send()
    expect(verdictOf(await send({ password: 'new' }))).toBe('not_sent mailbox auth_failed')
    await provider.until(({ connections }) => connections.open === 0)
    expect(verdictOf(await send({ host: 'localhost' }))).toBe('accepted message accepted')
    expect(provider.connections.total).toBe(3)
  })

  test('of the old settings are closed only after the message on the wire', async () => {
    use({})
    const slow = send({}, 'ann@slow.test')
    await provider.until(({ reached }) => reached.dot === 1)
    await send({ maxConnections: 5 })
    expect(verdictOf(await slow)).toBe('accepted message accepted')
    await provider.until(({ connections }) => connections.open === 1)
  })

  test('are not tried a second time for the same message', async () => {
    use({})
    provider.setBehaviours({ '*': { at: 'connect', do: 'drop' } })
    expect(verdictOf(await send())).toBe('not_sent host connect_failed')
    expect(provider.connections.total).toBe(1)
  })

  test('are opened again after the server has closed them', async () => {
    use({})
    provider.setBehaviours({ 'closing.test': { at: 'RCPT', do: 'reply', code: 421, text: '4.3.2 Closing' } })
    expect(verdictOf(await send({}, 'ann@closing.test'))).toBe('rejected_transient host server_unavailable')
    expect(verdictOf(await send())).toBe('accepted message accepted')
    expect(provider.connections.total).toBe(2)
  })

  test('wait for no acknowledgement between the pieces of a message', async () => {
    use({})
    const times: number[] = []
    for (let n = 0; n < 15; n += 1) times.push((await send()).timings.totalMs)
    // Nagle against a delayed acknowledgement takes 40 ms.
    expect(times.sort((a, b) => a - b)[7]).toBeLessThan(30)
  })
})

describe('the open mailboxes of a process', () => {
  test('are closed when unused for a while, and opened again when needed', async () => {
    use({ idleMs: 50 })
    await send()
    await provider.until(({ connections }) => connections.open === 0)
    expect(transports.counts()).toEqual({ open: 0, connections: 0 })
    expect(verdictOf(await send())).toBe('accepted message accepted')
  })

  test('stay open while a message is on the wire', async () => {
    use({ idleMs: 50 })
    await send({}, 'ann@slow.test')
    expect(transports.counts()).toEqual({ open: 1, connections: 1 })
  })

  test('give way to a new one, the longest unused first', async () => {
    use({ maxOpen: 2 })
    await send({ id: 'a' })
    await send({ id: 'b' })
    await send({ id: 'a' })
    await send({ id: 'c' })
    expect(transports.counts().open).toBe(2)
    await provider.until(({ connections }) => connections.open === 2)
    await send({ id: 'a' })
    expect(provider.connections.total).toBe(3)
    await send({ id: 'b' })
    expect(provider.connections.total).toBe(4)
  })

  test('do not give way while a message is on the wire', async () => {
    use({ maxOpen: 1 })
    const slow = send({ id: 'a' }, 'ann@slow.test')
    await provider.until(({ reached }) => reached.dot === 1)
    await send({ id: 'b' })
    await slow
    await send({ id: 'a' })
    expect(provider.connections.total).toBe(2)
  })
})

test('closing waits for what is on the wire and then leaves nothing open', async () => {
  use({})
  const slow = send({}, 'ann@slow.test')
  await provider.until(({ reached }) => reached.dot === 1)
  await transports.close()
  expect(provider.accepted.total).toBe(1)
  expect(verdictOf(await slow)).toBe('accepted message accepted')
  await provider.until(({ connections }) => connections.open === 0)
})

function use(options: TransportsOptions): void {
  transports = createTransports(options)
}

function send(
  change: Partial<SmtpMailbox> = {},
  to = 'ann@accept.test',
  mayRelease = () => true,
): Promise<SubmissionResult> {
  const transport = transports.forMailbox({
    id: 'm1',
    host: provider.host,
    port: provider.port,
    security: 'none',
    username: 'bob',
    password: 'old',
    maxConnections: 2,
    ...change,
  })
  const body = Buffer.from('Subject: Hi\r\n\r\nHi\r\n')
  return submit(transport, { from: 'bob@example.com', to, body, mayRelease })
}

function verdictOf({ verdict: { kind, scope, code } }: SubmissionResult): string {
  return `${kind} ${scope} ${code}`
}
