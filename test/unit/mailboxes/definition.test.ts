import { describe, expect, test } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { defineLimits, defineMailbox } from '../../../src/mailboxes/definition.ts'

const smallest = { address: 'Robin@Acme.test', smtp: { host: 'smtp.acme.test', username: 'robin' } }

function problemsOf(define: () => unknown): readonly string[] {
  try {
    define()
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_input') return error.details
    throw error
  }
  return []
}

describe('defineMailbox', () => {
  test('the smallest definition gets the usual settings', () => {
    expect(defineMailbox(smallest)).toEqual({
      address: 'robin@acme.test',
      displayName: '',
      provider: 'generic',
      smtp: {
        host: 'smtp.acme.test',
        port: 587,
        security: 'starttls',
        username: 'robin',
        insecureAuth: false,
      },
      imap: undefined,
      dailyLimit: 500,
      minGapSeconds: 0,
      gapJitter: 0.25,
      maxConnections: 2,
      timezone: 'UTC',
    })
  })

  test.each([
    [{ host: 'smtp.acme.test' }, { port: 587, security: 'starttls' }],
    [
      { host: 'smtp.acme.test', port: 465 },
      { port: 465, security: 'tls' },
    ],
    [
      { host: 'smtp.acme.test', port: 2525 },
      { port: 2525, security: 'starttls' },
    ],
    [
      { host: 'smtp.acme.test', security: 'tls' },
      { port: 465, security: 'tls' },
    ],
    [
      { host: '127.0.0.1', port: 2525 },
      { port: 2525, security: 'none' },
    ],
    [{ host: 'localhost' }, { port: 25, security: 'none' }],
    [
      { host: '127.0.0.1', security: 'starttls' },
      { port: 587, security: 'starttls' },
    ],
    [
      { host: 'relay.lan', security: 'none', insecureAuth: true },
      { port: 25, security: 'none' },
    ],
  ])('SMTP %o is completed with %o', (smtp, completed) => {
    expect(defineMailbox({ ...smallest, smtp }).smtp).toMatchObject(completed)
  })

  test.each([
    [{ host: 'imap.acme.test' }, { port: 993, security: 'tls' }],
    [
      { host: 'imap.acme.test', port: 143 },
      { port: 143, security: 'starttls' },
    ],
    [{ host: '127.0.0.1' }, { port: 143, security: 'none' }],
  ])('IMAP %o is completed with %o', (imap, completed) => {
    expect(defineMailbox({ ...smallest, imap }).imap).toMatchObject(completed)
  })

  test.each([
    ['smtp.gmail.com', 'gmail'],
    ['SMTP-relay.Gmail.com.', 'gmail'],
    ['smtp.office365.com', 'outlook'],
    ['smtp.mail.yahoo.com', 'yahoo'],
    ['email-smtp.eu-west-1.amazonaws.com', 'ses'],
    ['notgmail.com', 'generic'],
    ['gmail.com.evil.test', 'generic'],
  ])('the provider of %s is %s', (host, provider) => {
    expect(defineMailbox({ ...smallest, smtp: { host } }).provider).toBe(provider)
  })

  test('every bad field is reported at once', () => {
    const problems = problemsOf(() =>
      defineMailbox({
        address: 'robin',
        displayName: 'Robin\r\nBcc: x@y.test',
        smtp: { host: 'http://smtp', port: 70_000 },
        dailyLimit: 0,
        rollingLimit: 1.5,
        timezone: 'Mars/Olympus',
        colour: 'black',
      }),
    )
    expect(problems).toHaveLength(8)
    expect(problems.join('\n')).toContain('dailyLimit: must be at least 1; to stop a mailbox, pause it')
    expect(problems.join('\n')).toContain('timezone: "Mars/Olympus" is not a time zone')
  })

  test('unencrypted traffic to another machine is refused unless it is allowed', () => {
    const smtp = { host: 'smtp.acme.test', security: 'none' as const }
    expect(problemsOf(() => defineMailbox({ ...smallest, smtp }))).toHaveLength(1)
    expect(problemsOf(() => defineMailbox({ ...smallest, smtp: { ...smtp, insecureAuth: true } }))).toEqual(
      [],
    )
  })
})

describe('defineLimits', () => {
  test('takes any of the limits', () => {
    expect(defineLimits({ dailyLimit: 40, timezone: 'europe/berlin' })).toEqual({
      dailyLimit: 40,
      timezone: 'Europe/Berlin',
    })
  })

  test.each([
    [{}],
    [{ dailyLimit: undefined }],
    [{ dailyLimit: 0 }],
    [{ rollingLimit: 0 }],
    [{ minGapSeconds: -1 }],
    [{ maxConnections: 51 }],
    [{ timezone: 'Berlin' }],
  ])('refuses %o', (change) => {
    expect(problemsOf(() => defineLimits(change))).toHaveLength(1)
  })
})
