import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findReturnDate } from '../../../src/inbox/return-date.ts'
import { notes } from './absence-notes.ts'

/** A Thursday. */
const thursday = new Date('2026-11-26T10:00:00Z')

describe('the return date of an absence note', () => {
  for (const [language, cases] of Object.entries(notes))
    describe(`in ${language}`, () => {
      test.each(cases)('%s → %s', (note, returnsOn) => {
        expect(findReturnDate(note, thursday, 'Europe/Berlin')).toBe(returnsOn)
      })
    })

  test('in January is next year when the note is of December, and a past day is none', () => {
    const december = new Date('2026-12-22T08:00:00Z')
    expect(findReturnDate('I am away until 3 January.', december, 'UTC')).toBe('2027-01-04')
    expect(findReturnDate('I am away until 3 December.', december, 'UTC')).toBeUndefined()
    expect(findReturnDate('Back on 3 January 2026.', december, 'UTC')).toBeUndefined()
  })

  test('is never before the message nor more than 366 days after it', () => {
    expect(findReturnDate('Back on 2 December 2027.', thursday, 'UTC')).toBeUndefined()
    expect(findReturnDate('Back on 25 November 2027.', thursday, 'UTC')).toBe('2027-11-25')
    expect(findReturnDate('Back on 25 November 2026.', thursday, 'UTC')).toBeUndefined()
  })

  test('counts from the day that the zone has', () => {
    const lateEvening = new Date('2026-11-26T23:30:00Z')
    expect(findReturnDate('I will be back tomorrow.', lateEvening, 'UTC')).toBe('2026-11-27')
    expect(findReturnDate('I will be back tomorrow.', lateEvening, 'Europe/Berlin')).toBe('2026-11-28')
    expect(findReturnDate('I will be back tomorrow.', lateEvening, 'Nowhere/None')).toBe('2026-11-27')
  })

  test('is undefined for a message without a date', () => {
    expect(findReturnDate('I will be back tomorrow.', new Date(Number.NaN), 'UTC')).toBeUndefined()
  })

  describe('with day and month in figures', () => {
    test.each([
      ['Back on 12/01/2026.', 'America/Chicago', '2026-12-01'],
      ['Back on 12/01/2027.', 'Europe/London', '2027-01-12'],
      ['I will be back in the office on 12/04.', 'Asia/Tokyo', '2026-12-04'],
      ['I will be back in the office on 01/02.', 'Asia/Tokyo', undefined],
      ['I will be back on Monday, 01/02/2027.', 'Asia/Tokyo', '2027-02-01'],
      ['I am away from 12/23 and will be back on 1/5.', 'Asia/Tokyo', '2027-01-05'],
      ['I am out of the office from 23/11 until 4/12.', 'America/Chicago', '2026-12-05'],
      ['Estoy fuera de la oficina hasta el 04/12/2026.', 'America/Chicago', '2026-12-05'],
      ['Back on 12-04-2026', 'America/New_York', '2026-12-04'],
    ])('%s read in %s is %s', (note, zone, returnsOn) => {
      expect(findReturnDate(note, thursday, zone)).toBe(returnsOn)
    })
  })

  test('is a day from the message on to 366 days after it, for any words and dates', () => {
    const word = fc.constantFrom(
      ...[
        'back',
        'on',
        'until',
        'bis',
        'zurück',
        'le',
        'au',
        'monday',
        '3',
        '12.',
        'december',
        'mai',
        '2026',
        '1/2',
      ],
      ...[
        '31.12.',
        '2027-01-05',
        'next week',
        'wieder',
        'ab',
        'from',
        'to',
        '-',
        'not',
        ',',
        '. ',
        '\n',
        'away',
        'tot',
      ],
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.date({ noInvalidDate: true }), (words, date) => {
        const found = findReturnDate(words.join(' '), date, 'UTC')
        if (found === undefined) return
        const days = Date.parse(found) / 86_400_000 - Math.floor(date.getTime() / 86_400_000)
        expect(days).toBeGreaterThanOrEqual(0)
        expect(days).toBeLessThanOrEqual(366)
      }),
      { numRuns: 2_000 },
    )
  })
})
