import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findToken, newToken, readToken, tokenMessageId, warmupKey } from '../../../src/warmup/token.ts'

const key = warmupKey(createSecretKey(randomBytes(32)))
const pools = fc.constantFrom('shared' as const, 'closed' as const)

test('a token says which pool it is of, and no other one does', () => {
  fc.assert(
    fc.property(pools, fc.nat(), fc.nat({ max: 15 }), (pool, place, change) => {
      const token = newToken(key, pool)
      expect(readToken(key, token)).toBe(pool)
      const at = place % token.length
      const other = 'sc0123456789abcdef'.charAt((token.charCodeAt(at) + change) % 18)
      const altered = token.slice(0, at) + other + token.slice(at + 1)
      if (altered !== token) expect(readToken(key, altered)).toBeUndefined()
    }),
  )
})

test('whatever is not a token of this installation is none', () => {
  const stranger = warmupKey(createSecretKey(randomBytes(32)))
  expect(readToken(key, newToken(stranger, 'shared'))).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readToken(key, text)).toBeUndefined()
    }),
  )
})

test('a token is found in the header, else in the Message-ID, and nowhere else', () => {
  const token = newToken(key, 'shared')
  const messageId = tokenMessageId(token, 'robin@acorn.test')
  expect(messageId).toBe(`<${token}@acorn.test>`)
  expect(findToken({ messageId })).toBe(token)
  expect(findToken({ tokenHeader: ` ${token} `, messageId: '<other@oak.test>' })).toBe(token)
  expect(findToken({ messageId: '<20270301.123@oak.test>' })).toBeUndefined()
  expect(findToken({})).toBeUndefined()
})
