import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classifySubmission, type SubmissionFacts } from '../../../src/smtp/outcome.ts'
import { parseReply, retryHintSeconds, type SmtpCommand } from '../../../src/smtp/reply.ts'
import { replyRules } from '../../../src/smtp/reply-rules.ts'

const commands: readonly SmtpCommand[] = [
  'connect',
  'EHLO',
  'STARTTLS',
  'AUTH',
  'MAIL FROM',
  'RCPT TO',
  'DATA',
  'end of DATA',
]
const command = fc.constantFrom(...commands)
/** Real replies, their words under other codes, and noise. */
const words = fc.oneof(
  fc.constantFrom(...replyRules.map(({ reply }) => reply.slice(4))),
  fc.string({ maxLength: 200 }),
)
const replyOf = (least: number, most: number) =>
  fc
    .record({ code: fc.integer({ min: least, max: most }), words, command })
    .map(({ code, words, command }) => parseReply(`${code} ${words}`, command))
const error = fc.record({
  code: fc.oneof(
    fc.constantFrom('ETIMEDOUT', 'ECONNECTION', 'ESOCKET', 'EDNS', 'ETLS', 'EPROTOCOL', 'EAUTH', 'EENVELOPE'),
    fc.constantFrom('__proto__', 'constructor', ''),
    fc.string(),
  ),
  command: fc.constantFrom('connect', 'session'),
  message: fc.string(),
})
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const facts: fc.Arbitrary<SubmissionFacts> = fc.record({
  released: fc.boolean(),
  reply: maybe(replyOf(100, 999)),
  error: maybe(error),
  refusal: maybe(fc.constantFrom('lease_lapsed', 'aborted', 'suppressed')),
})

const kinds = ['accepted', 'not_sent', 'rejected_permanent', 'rejected_transient', 'ambiguous']

describe('whatever a submission came to,', () => {
  test('it is judged, with a code, and a wait of a minute to four days if any', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { kind, code, retryAfterSeconds = 60 } = classifySubmission(given)
        expect(kinds).toContain(kind)
        expect(code).toMatch(/^[a-z][a-z_]*$/)
        expect(retryAfterSeconds).toBeGreaterThanOrEqual(60)
        expect(retryAfterSeconds).toBeLessThanOrEqual(4 * 86_400)
      }),
      { numRuns: 2000 },
    )
  })

  test('a refusal is a refusal, also of a message that the server may hold', () => {
    fc.assert(
      fc.property(facts, replyOf(400, 599), (given, reply) => {
        expect(['accepted', 'ambiguous']).not.toContain(classifySubmission({ ...given, reply }).kind)
      }),
      { numRuns: 2000 },
    )
  })

  test('handed over and without a reply it is in doubt', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(classifySubmission({ ...given, released: true, reply: undefined }).kind).toBe('ambiguous')
      }),
    )
  })

  test('not handed over and without a reply it is never accepted nor in doubt', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { kind } = classifySubmission({ ...given, released: false, reply: undefined })
        expect(['accepted', 'ambiguous']).not.toContain(kind)
      }),
    )
  })

  test('only a 2xx for what was handed over is accepted', () => {
    fc.assert(
      fc.property(facts, (given) => {
        if (classifySubmission(given).kind !== 'accepted') return
        expect(given.released).toBe(true)
        expect(given.error).toBeUndefined()
        expect(given.reply?.code).toBeGreaterThanOrEqual(200)
        expect(given.reply?.code).toBeLessThan(300)
      }),
      { numRuns: 2000 },
    )
  })

  test('only the message itself is refused for good', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { kind, scope } = classifySubmission(given)
        if (kind === 'rejected_permanent') expect(scope).toBe('message')
      }),
      { numRuns: 2000 },
    )
  })
})

test('a hint in any words is between a minute and four days', () => {
  const spoken = fc
    .record({
      amount: fc.nat({ max: 999_999 }),
      unit: fc.constantFrom('seconds', 'minutes', 'hours', 'days', 's'),
    })
    .map(({ amount, unit }) => ({ amount, unit, text: `Try again in ${amount} ${unit}` }))
  const seconds = { seconds: 1, s: 1, minutes: 60, hours: 3600, days: 86_400 }
  fc.assert(
    fc.property(spoken, ({ amount, unit, text }) => {
      const meant = amount * seconds[unit as keyof typeof seconds]
      expect(retryHintSeconds(text)).toBe(Math.min(Math.max(meant, 60), 4 * 86_400))
    }),
  )
})
