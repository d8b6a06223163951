import { describe, expect, test } from 'vitest'
import { conversationsIn, countWordings, languages, writeMessage } from '../../../src/warmup/content.ts'

const names = { from: 'Robin', to: 'Ada' }

describe.each(languages)('the conversations in %s', (language) => {
  test('bear no link, no address, no blank that is left open and no brace that is not closed', () => {
    for (let nth = 0; nth < conversationsIn(language).length; nth += 1)
      for (let depth = 1; depth <= 4; depth += 1) {
        const { subject, text } = writeMessage(language, 'a b', nth, depth, names)
        expect(`${subject}\n${text}`).not.toMatch(/https?:|www\.|@|[{}|[\]]|<|\t| {2}/)
        expect(subject).not.toMatch(/\n|^re:/i)
        expect(text).toMatch(/^\S[\s\S]*\S\n$/)
      }
  })

  test('offer a choice in every message, and hundreds of ways to begin', () => {
    for (const { messages } of conversationsIn(language)) {
      expect(messages.map(countWordings).every((count) => count >= 2)).toBe(true)
      expect(countWordings(messages[0] ?? '')).toBeGreaterThan(200)
    }
  })

  test('begin differently for a pair, a thousand times', () => {
    const begun = Array.from({ length: 1000 }, (_, nth) => writeMessage(language, 'a b', nth, 1, names).text)
    expect(new Set(begun).size).toBe(begun.length)
  })
})

test('a conversation is the same whenever it is asked for, and goes on where it began', () => {
  const first = writeMessage('en', 'a b', 5, 1, names)
  expect(writeMessage('en', 'a b', 5, 1, names)).toEqual(first)
  expect(writeMessage('en', 'a b', 5, 2, names).subject).toBe(first.subject)
  expect(first.text).toContain('Robin')
})

test('two pairs seldom read the same', () => {
  const begun = Array.from({ length: 100 }, (_, pair) => writeMessage('en', `pair ${pair}`, 0, 1, names).text)
  expect(new Set(begun).size).toBeGreaterThan(90)
})
