import { describe, expect, test } from 'vitest'
import { classifyFailure, failureFacts, failureWords } from '../../../src/imap/errors.ts'

const error = (message: string, facts: object = {}) => Object.assign(new Error(message), facts)

describe('a failure', () => {
  test.each<[string, Error, string]>([
    [
      'Gmail refuses the password',
      error('Command failed', {
        authenticationFailed: true,
        serverResponseCode: 'AUTHENTICATIONFAILED',
        responseText: 'Invalid credentials (Failure)',
      }),
      'auth_failed',
    ],
    ['login is switched off', error('Login is disabled', { authenticationFailed: true }), 'auth_failed'],
    [
      'Gmail has too many connections',
      error('Command failed', {
        authenticationFailed: true,
        responseText: 'Too many simultaneous connections. (Failure)',
      }),
      'too_many_connections',
    ],
    [
      'Dovecot has too many connections',
      error('Command failed', {
        authenticationFailed: true,
        responseText: 'Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)',
      }),
      'too_many_connections',
    ],
    [
      'a server says BYE at once',
      error('Unexpected close', { code: 'ClosedAfterConnectText', reason: 'Too many connections' }),
      'too_many_connections',
    ],
    ['Office 365 throttles', error('Command failed', { code: 'ETHROTTLE' }), 'too_many_connections'],
    [
      'the connection is lost while logging in',
      error('Connection not available', { code: 'NoConnection', authenticationFailed: true }),
      'closed',
    ],
    [
      'the login cannot be checked now',
      error('Command failed', { authenticationFailed: true, serverResponseCode: 'UNAVAILABLE' }),
      'connect_failed',
    ],
    [
      'an Exchange mailbox is being moved',
      error('Authentication failed', {
        authenticationFailed: true,
        response: 'User is authenticated but not connected.',
      }),
      'connect_failed',
    ],
    ['nobody listens', error('connect ECONNREFUSED', { code: 'ECONNREFUSED' }), 'connect_failed'],
    ['the name is unknown', error('getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' }), 'connect_failed'],
    [
      'the certificate is self-signed',
      error('self-signed', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      'tls_failed',
    ],
    ['STARTTLS is not offered', error('Server does not support STARTTLS', { tlsFailed: true }), 'tls_failed'],
    ['the handshake fails without a code', error('wrong version number: SSL routines'), 'tls_failed'],
    [
      'the greeting does not come',
      error('Failed to receive greeting', { code: 'GREETING_TIMEOUT' }),
      'timeout',
    ],
    ['the socket is reset', error('read ECONNRESET', { code: 'ECONNRESET' }), 'closed'],
    ['a command is refused', error('Command failed', { responseText: 'No such folder' }), 'protocol'],
  ])('is named when %s', (_when, failure, kind) => {
    expect(classifyFailure(failureFacts(failure))).toBe(kind)
  })

  test('is told in the words of the server', () => {
    expect(
      failureWords('open "X"', failureFacts(error('Command failed', { responseText: 'No such folder' }))),
    ).toBe('open "X": the server said "No such folder"')
  })

  test('names the reasons of every address that was tried', () => {
    const failure = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')])
    expect(failureFacts(failure).message).toBe('connect ::1; connect 127.0.0.1')
  })
})
