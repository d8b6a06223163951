import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { readMessage } from '../../../../src/jobs/inbox/read-message.ts'
import { newToken, readToken, warmupKey } from '../../../../src/warmup/token.ts'

const key = warmupKey(createSecretKey(randomBytes(32)))
const stranger = warmupKey(createSecretKey(randomBytes(32)))

const classOf = (token: string, headers: string) =>
  readMessage(
    Buffer.from(
      `From: Bea <bea@partner.test>\r\nTo: ann@lab.test\r\n${headers.replaceAll('TOKEN', token)}\r\n\r\nLunch?\r\n`,
    ),
    new Date('2027-03-01T12:00:00Z'),
    'UTC',
    (named) => readToken(key, named) !== undefined,
  ).triage.class

test('what bears a token of ours is warmup, also where a provider took one of its two places away', () => {
  const token = newToken(key, 'shared')
  expect(classOf(token, 'Message-ID: <TOKEN@partner.test>')).toBe('warmup')
  expect(classOf(token, 'Message-ID: <new@provider.test>\r\nX-Rookery-Warmup: TOKEN')).toBe('warmup')
})

test('a token that somebody made up makes no warmup, and an answer to warmup is none itself', () => {
  const forged = newToken(stranger, 'shared')
  expect(classOf(forged, 'Message-ID: <TOKEN@partner.test>\r\nX-Rookery-Warmup: TOKEN')).not.toBe('warmup')
  expect(
    classOf(newToken(key, 'shared'), 'Message-ID: <x@y.test>\r\nIn-Reply-To: <TOKEN@lab.test>'),
  ).not.toBe('warmup')
})
