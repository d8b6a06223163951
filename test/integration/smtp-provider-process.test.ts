import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import type { ProviderAccount } from '../../src/lab/smtp-provider-process.ts'
import { composeMessage } from '../../src/smtp/compose.ts'
import { submit } from '../../src/smtp/submit.ts'
import { createTransports } from '../../src/smtp/transports.ts'

const transports = createTransports()
let child: ChildProcess

afterEach(async () => {
  child.kill('SIGKILL')
  await transports.close()
})

test('the provider as a process of its own counts, changes its ways and ends with its parent', async () => {
  const { port, httpPort } = await start()
  await send(port, '<1@example.com>')
  await send(port, '<1@example.com>')
  await send(port, '<2@example.com>')
  expect(await account(httpPort)).toMatchObject({
    accepted: 3,
    messageIds: 2,
    duplicates: { '<1@example.com>': 2, r1: 3 },
    connections: { open: 1, total: 1 },
  })

  const behaviour = { 'accept.test': { at: 'RCPT', do: 'reply', code: 550, text: '5.1.1 Gone' } }
  await fetch(`http://127.0.0.1:${httpPort}/behaviour`, { method: 'POST', body: JSON.stringify(behaviour) })
  const { verdict } = await send(port, '<3@example.com>')
  expect(verdict.code).toBe('invalid_recipient')
  expect((await account(httpPort, '?list=1')).list).toEqual({
    messageIds: { '<1@example.com>': 2, '<2@example.com>': 1 },
    refs: { r1: 3 },
    recipients: { 'ann@accept.test': 3 },
  })

  child.stdin?.end()
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})

async function start(): Promise<{ port: number; httpPort: number }> {
  child = spawn(process.execPath, ['src/lab/smtp-provider-process.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (!child.stdout) throw new Error('no stdout')
  const [line] = await once(createInterface(child.stdout), 'line')
  return JSON.parse(line)
}

async function account(httpPort: number, query = ''): Promise<ProviderAccount> {
  return (await (await fetch(`http://127.0.0.1:${httpPort}/accepted${query}`)).json()) as ProviderAccount
}

async function send(port: number, messageId: string) {
  const body = await composeMessage({
    from: { address: 'bob@example.com' },
    to: { address: 'ann@accept.test' },
    subject: 'Hi',
    text: 'Hi',
    messageId,
    date: new Date(),
    headers: { 'X-Rookery-Ref': 'r1' },
  })
  const mailbox = { id: 'm1', host: '127.0.0.1', port, security: 'none' as const, maxConnections: 1 }
  const message = { from: 'bob@example.com', to: 'ann@accept.test', body, messageId, mayRelease: () => true }
  return submit(transports.forMailbox(mailbox), message)
}
