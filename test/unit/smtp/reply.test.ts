import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReply, retryHintSeconds } from '../../../src/smtp/reply.ts'

describe('a reply', () => {
  test('of one line is code, status and words', () => {
    expect(parseReply('550 5.1.1 No such user', 'RCPT TO')).toEqual({
      code: 550,
      enhancedStatus: '5.1.1',
      text: 'No such user',
      command: 'RCPT TO',
    })
  })

  test('of several lines is joined, its repeated codes dropped', () => {
    const response =
      '550-5.7.26 This mail has been blocked because\r\n550-5.7.26 the sender is unauthenticated.\n550 5.7.26 - gsmtp'
    expect(parseReply(response, 'end of DATA')).toEqual({
      code: 550,
      enhancedStatus: '5.7.26',
      text: 'This mail has been blocked because the sender is unauthenticated. - gsmtp',
      command: 'end of DATA',
    })
  })

  test('may lack a status, and words', () => {
    expect(parseReply('421', 'EHLO')).toMatchObject({ code: 421, enhancedStatus: undefined, text: '' })
    expect(parseReply('250 OK: 192.0.2.1 queued', 'end of DATA')).toMatchObject({ enhancedStatus: undefined })
  })

  test('that starts with no code is none', () => {
    expect(parseReply('HTTP/1.1 400 Bad Request', 'connect')).toBeUndefined()
    expect(parseReply('', 'connect')).toBeUndefined()
  })

  test('of any bytes never throws', () => {
    fc.assert(fc.property(fc.string(), (response) => void parseReply(response, 'connect')))
  })
})

describe('the hint in a reply', () => {
  const cases: [string, number | undefined][] = [
    ['Greylisted, please try again in 5 minutes', 300],
    ['Greylisted for 5 mins', 300],
    ['Greylisting in action, please come back in 00:05:00', 300],
    ['please retry after 900 seconds', 900],
    ['wait 2 hours', 7_200],
    ['try again in 10 seconds', 60],
    ['try again in 999999 days', 4 * 86_400],
    ['Too many messages, slow down', undefined],
    ['rejected in 5 words', undefined],
    ['see https://example.com/in/5/minutes', undefined],
  ]
  test.each(cases)('"%s" is %s seconds', (text, seconds) => {
    expect(retryHintSeconds(text)).toBe(seconds)
  })
})
