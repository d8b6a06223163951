import { describe, expect, test } from 'vitest'
import {
  classifySubmission,
  type SubmissionFacts,
  type SubmissionVerdict,
} from '../../../src/smtp/outcome.ts'
import { parseReply, type SmtpCommand } from '../../../src/smtp/reply.ts'
import { replyRules } from '../../../src/smtp/reply-rules.ts'

const commands: SmtpCommand[] = [
  'connect',
  'EHLO',
  'STARTTLS',
  'AUTH',
  'MAIL FROM',
  'RCPT TO',
  'DATA',
  'end of DATA',
]

function judge(line: string, command: SmtpCommand, facts: Partial<SubmissionFacts> = {}): string {
  const { kind, scope, code } = classifySubmission({
    released: command === 'end of DATA',
    reply: parseReply(line, command),
    error: { code: 'EENVELOPE', command: 'session', message: line },
    ...facts,
  })
  return `${kind} ${scope} ${code}`
}

describe('a refusal that no rule knows', () => {
  const temporary = '450 Not now'
  const final = '550 No'
  const cases: [string, SmtpCommand, string][] = [
    [temporary, 'connect', 'not_sent host greeting_refused'],
    [final, 'connect', 'not_sent host greeting_refused'],
    [temporary, 'EHLO', 'not_sent host greeting_refused'],
    [final, 'EHLO', 'not_sent host greeting_refused'],
    [temporary, 'STARTTLS', 'not_sent host tls_failed'],
    [final, 'STARTTLS', 'not_sent mailbox tls_failed'],
    [temporary, 'AUTH', 'not_sent mailbox auth_deferred'],
    [final, 'AUTH', 'not_sent mailbox auth_failed'],
    [temporary, 'MAIL FROM', 'rejected_transient mailbox sender_deferred'],
    [final, 'MAIL FROM', 'rejected_transient mailbox sender_rejected'],
    [temporary, 'RCPT TO', 'rejected_transient message recipient_deferred'],
    [final, 'RCPT TO', 'rejected_permanent message recipient_rejected'],
    [temporary, 'DATA', 'rejected_transient message message_deferred'],
    [final, 'DATA', 'rejected_permanent message message_rejected'],
    [temporary, 'end of DATA', 'rejected_transient message message_deferred'],
    [final, 'end of DATA', 'rejected_permanent message message_rejected'],
  ]
  test.each(cases)('%s in reply to %s is %s', (line, command, verdict) => {
    expect(judge(line, command)).toBe(verdict)
  })
})

describe('a refusal that a rule knows, at every command', () => {
  const greeting = ['not_sent host greeting_refused', 'not_sent host greeting_refused']
  const before = [...greeting, 'not_sent mailbox tls_failed']
  const cases: [string, string[]][] = [
    [
      '421 4.7.0 Too much mail from you',
      [
        ...greeting,
        'not_sent host tls_failed',
        'not_sent mailbox auth_deferred',
        'rejected_transient mailbox sender_deferred',
        ...Array<string>(3).fill('rejected_transient recipient_provider provider_deferred'),
      ],
    ],
    [
      '550 5.4.5 Daily user sending limit exceeded',
      [
        ...before,
        'not_sent mailbox auth_failed',
        ...Array<string>(4).fill('rejected_transient mailbox daily_limit'),
      ],
    ],
    [
      '552 5.2.2 The mailbox is over quota',
      [
        ...before,
        'not_sent mailbox auth_failed',
        'rejected_transient mailbox sender_rejected',
        ...Array<string>(3).fill('rejected_transient message mailbox_full'),
      ],
    ],
    [
      '535 5.7.8 Bad credentials',
      [
        ...before,
        'not_sent mailbox auth_failed',
        ...Array<string>(4).fill('rejected_transient mailbox auth_required'),
      ],
    ],
  ]
  test.each(cases)('%s', (line, verdicts) => {
    expect(commands.map((command) => judge(line, command))).toEqual(verdicts)
  })
})

describe('every rule', () => {
  test.each(replyRules.map((rule) => [rule.reply, rule] as const))(
    'decides its own sample: %s',
    (reply, rule) => {
      const at = rule.at ?? (['MAIL FROM', 'RCPT TO', 'DATA', 'end of DATA'] as const)
      for (const command of at) {
        expect(judge(reply, command)).toBe(`${rule.kind} ${rule.scope} ${rule.code}`)
      }
    },
  )

  test('is permanent only where the message itself is at fault', () => {
    for (const { kind, scope, reply } of replyRules) {
      if (kind === 'rejected_permanent') expect(scope, reply).toBe('message')
    }
  })
})

describe('what decides first', () => {
  test('the reply, though the refused recipient had drained the whole body', () => {
    expect(judge('550 5.1.1 No such user', 'RCPT TO', { released: true })).toBe(
      'rejected_permanent message invalid_recipient',
    )
  })

  test('the reply, though EAUTH or EENVELOPE is stamped on it', () => {
    const error = { code: 'EAUTH', command: 'connect', message: 'Invalid login' }
    expect(judge('454 4.7.0 Temporary authentication failure', 'AUTH', { error })).toBe(
      'not_sent mailbox auth_deferred',
    )
    expect(judge('450 Busy', 'RCPT TO')).toBe('rejected_transient message recipient_deferred')
  })

  test('the release, when nobody replied', () => {
    const lost = { code: 'ECONNECTION', command: 'session', message: 'Connection closed unexpectedly' }
    expect(verdictOf({ released: true, error: lost })).toBe('ambiguous message connection_lost_after_body')
    expect(verdictOf({ released: false, error: lost })).toBe('not_sent message connection_lost')
    const late = { ...lost, code: 'ETIMEDOUT' }
    expect(verdictOf({ released: true, error: late })).toBe('ambiguous message reply_timeout')
    expect(verdictOf({ released: false, error: late })).toBe('not_sent message session_timeout')
  })
})

test('a 2xx to the final dot is accepted, and only then', () => {
  const reply = parseReply('250 2.0.0 OK', 'end of DATA')
  expect(verdictOf({ released: true, reply })).toBe('accepted message accepted')
  expect(verdictOf({ released: false, reply })).toBe('ambiguous message reply_before_body')
  const error = { code: 'EPROTOCOL', command: 'session', message: 'Unexpected Response' }
  expect(verdictOf({ released: true, reply, error })).toBe('ambiguous message connection_lost_after_body')
})

test('a body that we withheld was not sent, for our own reason', () => {
  const error = { code: 'ESTREAM', command: 'session', message: 'withheld' }
  expect(verdictOf({ released: false, refusal: 'lease_lapsed', error })).toBe('not_sent message lease_lapsed')
})

describe('a failure without a reply, before the release', () => {
  const cases: [string, string, string, string][] = [
    ['EENVELOPE', 'session', 'Invalid recipient', 'rejected_permanent message invalid_envelope'],
    ['EMESSAGE', 'session', 'Message size larger than allowed', 'rejected_permanent message too_large'],
    ['EAUTH', 'connect', 'Missing credentials', 'not_sent mailbox auth_failed'],
    ['EINSECURE', 'connect', 'in the clear', 'not_sent mailbox insecure_refused'],
    ['EDNS', 'connect', 'getaddrinfo ENOTFOUND', 'not_sent mailbox dns_failed'],
    ['ETLS', 'connect', 'Error upgrading', 'not_sent mailbox tls_failed'],
    ['ESOCKET', 'connect', 'certificate has expired', 'not_sent mailbox tls_failed'],
    ['ESOCKET', 'connect', 'disconnected before secure TLS connection', 'not_sent host tls_failed'],
    ['EPROTOCOL', 'connect', 'Invalid greeting. response=SSH-2.0', 'not_sent mailbox not_smtp'],
    ['EPROTOCOL', 'session', 'Unexpected Response', 'not_sent message connection_lost'],
    ['ESOCKET', 'connect', 'connect ECONNREFUSED', 'not_sent host connect_failed'],
    ['ETIMEDOUT', 'connect', 'Greeting never received', 'not_sent host connect_timeout'],
    ['ESOCKET', 'session', 'read ECONNRESET', 'not_sent message connection_lost'],
    ['ECLOSED', 'connect', 'Connection pool was closed', 'not_sent message transport_closed'],
    ['ENEW', 'connect', 'never seen', 'not_sent host connect_failed'],
  ]
  test.each(cases)('%s during %s (%s) is %s', (code, command, message, verdict) => {
    expect(verdictOf({ released: false, error: { code, command, message } })).toBe(verdict)
  })
})

describe('how long to wait', () => {
  const wait = (line: string, command: SmtpCommand = 'RCPT TO'): number | undefined =>
    verdict({ released: false, reply: parseReply(line, command) }).retryAfterSeconds

  test('the hint of the server wins over the rule', () => {
    expect(wait('432 4.3.2 Concurrent connections limit exceeded', 'MAIL FROM')).toBe(60)
    expect(wait('432 4.3.2 Limit exceeded, try again in 5 minutes', 'MAIL FROM')).toBe(300)
  })

  test('a permanent refusal has no hint', () => {
    expect(wait('550 5.1.1 No such user, do not try again in 5 minutes')).toBeUndefined()
  })

  test('without a hint a plain deferral leaves it to the caller', () => {
    expect(wait('450 4.7.1 Greylisted')).toBeUndefined()
  })
})

function verdict(facts: SubmissionFacts): SubmissionVerdict {
  return classifySubmission(facts)
}

function verdictOf(facts: SubmissionFacts): string {
  const { kind, scope, code } = verdict(facts)
  return `${kind} ${scope} ${code}`
}
