import { afterEach, describe, expect, test } from 'vitest'
import { selfSignedCertificate } from '../../src/lab/smtp-certificate.ts'
import {
  type SmtpProvider,
  type SmtpProviderOptions,
  startSmtpProvider,
} from '../../src/lab/smtp-provider.ts'
import type { SmtpMailbox } from '../../src/smtp/security.ts'
import { type SubmissionResult, submit } from '../../src/smtp/submit.ts'
import { createTransports, type Transports, type TransportsOptions } from '../../src/smtp/transports.ts'
import { verifyMailbox } from '../../src/smtp/verify.ts'

const certificate = selfSignedCertificate()
const login = { username: 'bob', password: 'pa55-wörd' }
const trusting: TransportsOptions = { tlsCa: certificate.cert }

let provider: SmtpProvider
const opened: Transports[] = []

afterEach(async () => {
  await provider.close()
  await Promise.all(opened.splice(0).map((transports) => transports.close()))
})

describe.each([
  ['STARTTLS', 'starttls', 'starttls'],
  ['implicit TLS', 'implicit', 'tls'],
] as const)('over %s', (_name, tls, security) => {
  test('a mailbox logs in and sends', async () => {
    await start({ tls })
    expect(verdictOf(await send({ security }, trusting))).toBe('accepted message accepted')
    expect(await verifyMailbox(mailbox({ security }), trusting)).toEqual({ ok: true })
  })

  test('a certificate that nobody vouches for gets no password', async () => {
    await start({ tls })
    const result = await send({ security })
    expect(verdictOf(result)).toBe('not_sent mailbox tls_failed')
    expect(result.detail).toContain('self-signed certificate')
    expect(provider.reached.AUTH).toBeUndefined()
  })

  test('a certificate for another name gets no password', async () => {
    const other = selfSignedCertificate('smtp.example.com')
    await start({ tls, certificate: other })
    const result = await send({ security }, { tlsCa: other.cert })
    expect(verdictOf(result)).toBe('not_sent mailbox tls_failed')
    expect(result.detail).toContain('altnames')
    expect(provider.reached.AUTH).toBeUndefined()
  })
})

describe('the password', () => {
  test('is not sent when STARTTLS is not offered', async () => {
    await start({ tls: 'none' })
    expect(verdictOf(await send({ security: 'starttls' }, trusting))).toBe('not_sent mailbox tls_failed')
    expect(provider.reached).not.toHaveProperty('AUTH')
    expect(provider.reached).not.toHaveProperty('MAIL')
  })

  test('is not sent when STARTTLS is refused', async () => {
    await start({
      tls: 'starttls',
      behaviours: { '*': { at: 'STARTTLS', do: 'reply', code: 454, text: 'No' } },
    })
    expect(verdictOf(await send({ security: 'starttls' }, trusting))).toBe('not_sent host tls_failed')
    expect(provider.reached.AUTH).toBeUndefined()
  })

  test('is not sent to a server that speaks no TLS where it should', async () => {
    await start({ tls: 'none' })
    expect(verdictOf(await send({ security: 'tls' }, trusting))).toBe('not_sent mailbox tls_failed')
    expect(provider.reached.EHLO).toBeUndefined()
  })

  test('does not leave the machine in the clear', async () => {
    await start({ tls: 'none' })
    const far = { host: 'smtp.example.invalid', security: 'none' } as const
    expect(verdictOf(await send(far))).toBe('not_sent mailbox insecure_refused')
    expect(await verifyMailbox(mailbox(far))).toMatchObject({ ok: false, code: 'insecure_refused' })
    expect(verdictOf(await send({ ...far, insecureAuth: true }))).toBe('not_sent mailbox dns_failed')
  })

  test('appears in nothing that is reported, though the server repeats it', async () => {
    const encoded = Buffer.from(`\u0000${login.username}\u0000${login.password}`).toString('base64')
    const text = `5.7.8 AUTH PLAIN ${encoded} is wrong, ${encoded} or ${login.password}`
    await start({ tls: 'none', behaviours: { '*': { at: 'AUTH', do: 'reply', code: 535, text } } })
    const result = await send({ security: 'none' })
    expect(verdictOf(result)).toBe('not_sent mailbox auth_failed')
    expect(result.detail).toContain('535 5.7.8')
    const check = await verifyMailbox(mailbox({ security: 'none' }))
    for (const secret of [login.password, encoded, encoded.replace(/=+$/, '')]) {
      expect(JSON.stringify([result, check])).not.toContain(secret)
    }
  })
})

describe('a login', () => {
  test.each([
    ['for ever', 535, '5.7.8 Wrong', 'auth_failed'],
    ['for now', 454, '4.7.0 Temporary authentication failure', 'auth_deferred'],
  ])('that is refused %s is about the mailbox', async (_when, code, text, reason) => {
    await start({ behaviours: { '*': { at: 'AUTH', do: 'reply', code, text } } })
    expect(verdictOf(await send({ security: 'none' }))).toBe(`not_sent mailbox ${reason}`)
  })

  test('that the server does not offer is not left out', async () => {
    await start({ login: 'not offered' })
    expect(verdictOf(await send({ security: 'none' }))).toBe('not_sent mailbox auth_failed')
    expect(provider.reached.MAIL).toBeUndefined()
  })

  test('that the server wants and the mailbox lacks is about the mailbox', async () => {
    await start({})
    const result = await send({ security: 'none', username: undefined, password: undefined })
    expect(verdictOf(result)).toBe('rejected_transient mailbox auth_required')
  })
})

describe('checking a mailbox', () => {
  test('gives the words of the server', async () => {
    await start({})
    const check = await verifyMailbox(mailbox({ security: 'none', password: 'wrong' }))
    expect(check).toMatchObject({ ok: false, code: 'auth_failed' })
    expect(check).toHaveProperty('detail', expect.stringContaining('Username and password not accepted'))
  })

  test('says that nobody listens', async () => {
    await start({})
    await provider.close()
    const check = await verifyMailbox(mailbox({ security: 'none' }))
    expect(check).toMatchObject({ ok: false, code: 'connect_failed' })
  })

  test('does not wait for ever for a greeting', async () => {
    await start({ behaviours: { '*': { at: 'connect', do: 'hang' } } })
    const check = await verifyMailbox(mailbox({ security: 'none' }), { greetingTimeoutMs: 100 })
    expect(check).toMatchObject({ ok: false, code: 'connect_timeout' })
  })
})

async function start(options: SmtpProviderOptions): Promise<void> {
  provider = await startSmtpProvider({ certificate, login, ...options })
}

function mailbox(change: Partial<SmtpMailbox>): SmtpMailbox {
  return {
    id: 'm1',
    host: provider.host,
    port: provider.port,
    security: 'starttls',
    maxConnections: 1,
    ...login,
    ...change,
  }
}

function send(change: Partial<SmtpMailbox>, options: TransportsOptions = {}): Promise<SubmissionResult> {
  const transports = createTransports(options)
  opened.push(transports)
  const body = Buffer.from('Subject: Hi\r\n\r\nHi\r\n')
  const message = { from: 'bob@example.com', to: 'ann@accept.test', body, mayRelease: () => true }
  return submit(transports.forMailbox(mailbox(change)), message)
}

function verdictOf({ verdict: { kind, scope, code } }: SubmissionResult): string {
  return `${kind} ${scope} ${code}`
}
