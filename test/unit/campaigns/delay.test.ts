import { describe, expect, it } from 'vitest'
import { parseDelay, stepDelay } from '../../../src/campaigns/delay.ts'

describe('a delay', () => {
  it.each([
    ['3 days', { days: 3 }],
    ['1 day', { days: 1 }],
    ['1 week 2 days', { days: 9 }],
    ['2 days, 4 hours and 30 minutes', { days: 2, hours: 4, minutes: 30 }],
    ['90 minutes', { minutes: 90 }],
    ['90min', { minutes: 90 }],
    ['2d 4h', { days: 2, hours: 4 }],
    ['5 seconds', { seconds: 5 }],
    ['P3D', { days: 3 }],
    ['P1W', { days: 7 }],
    ['PT36H', { hours: 36 }],
    ['P1DT2H3M4S', { days: 1, hours: 2, minutes: 3, seconds: 4 }],
  ])('reads %j', (text, expected) => {
    expect(parseDelay(text)).toEqual(expected)
    expect(stepDelay.parse(expected)).toEqual(expected)
  })

  it.each([
    ['', 'is not a length of time'],
    ['3', 'is not a length of time'],
    ['soon', 'is not a length of time'],
    ['-1 day', 'is not a length of time'],
    ['1.5 days', 'is not a length of time'],
    ['3 parsecs', '"parsecs" in "3 parsecs" is not a unit of time'],
    ['1 month', 'is not a unit of time'],
    ['P1M', 'is not a length of time'],
    ['P', 'is no time at all'],
    ['0 days', 'is no time at all'],
    ['1 day 2 days', 'names days twice'],
    ['367 days', 'is longer than 366 days'],
    ['99999999999999999999 weeks', 'is longer than 366 days'],
  ])('refuses %j', (text, reason) => {
    expect(parseDelay(text)).toContain(reason)
  })
})
