import { expect, test } from 'vitest'
import { storable, toJson } from '../../../src/db/json.ts'

test('NUL and lone surrogates are left out of what is stored, wherever they stand', () => {
  expect(storable('250 \0OK \ud83d')).toBe('250 OK \ufffd')
  expect(toJson([{ reply: 'a\0b', words: ['\udc00'], count: 1, none: null }])).toBe(
    '[{"reply":"ab","words":["\ufffd"],"count":1,"none":null}]',
  )
})

test('text that only looks like an escape stays as it is', () => {
  expect(JSON.parse(toJson({ text: String.raw`\u0000 \ud83d` }))).toEqual({ text: String.raw`\u0000 \ud83d` })
  expect(storable('grüße 🐦')).toBe('grüße 🐦')
})
