import { describe, expect, test } from 'vitest'
import { insecureReason, isLoopback, scrub } from '../../../src/smtp/security.ts'

describe('a connection without TLS', () => {
  test('is refused to another machine', () => {
    expect(insecureReason({ host: 'smtp.example.com', security: 'none' })).toContain('smtp.example.com')
    expect(insecureReason({ host: '127.0.0.1.example.com', security: 'none' })).toBeDefined()
  })

  test('is allowed on loopback, or when the mailbox says so', () => {
    expect(insecureReason({ host: '127.0.0.1', security: 'none' })).toBeUndefined()
    expect(insecureReason({ host: 'smtp.example.com', security: 'none', insecureAuth: true })).toBeUndefined()
  })
})

test('STARTTLS and implicit TLS are never refused', () => {
  expect(insecureReason({ host: 'smtp.example.com', security: 'starttls' })).toBeUndefined()
  expect(insecureReason({ host: 'smtp.example.com', security: 'tls' })).toBeUndefined()
})

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '::1', '[::1]'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true)
})

test.each(['localhost.example.com', '128.0.0.1', '10.0.0.1', '::2', ''])('"%s" is not loopback', (host) => {
  expect(isLoopback(host)).toBe(false)
})

describe('scrubbing', () => {
  const login = { username: 'ann', password: 'pässword+/1' }
  const encode = (text: string): string => Buffer.from(text).toString('base64')

  test('takes the password out in every form in which AUTH sends it', () => {
    const forms = [login.password, encode(login.password), encode(`\u0000ann\u0000${login.password}`)]
    for (const form of forms) {
      const clean = scrub(`535 bad login: ${form} refused`, login)
      expect(clean).toBe('535 bad login: *** refused')
    }
  })

  test('leaves words alone in which a very short password stands, but not what AUTH sends', () => {
    const short = { username: 'ann', password: 'ed' }
    expect(scrub('550 rejected: relaying denied', short)).toBe('550 rejected: relaying denied')
    for (const form of [encode('ed'), encode('\u0000ann\u0000ed')])
      expect(scrub(`535 bad login: ${form} refused`, short)).toBe('535 bad login: *** refused')
  })

  test('takes any AUTH line out, also of another mailbox', () => {
    expect(scrub('500 unknown: AUTH PLAIN AGFubgBzZWNyZXQ=', {})).toBe('500 unknown: AUTH ***')
  })
})
