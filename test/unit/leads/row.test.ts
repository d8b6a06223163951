import { describe, expect, test } from 'vitest'
import { mapHeader } from '../../../src/leads/header.ts'
import { readRow } from '../../../src/leads/row.ts'

const columns = mapHeader(['email', 'first_name', 'company', 'timezone', 'industry', ''])

function row(...values: string[]) {
  return readRow(columns, [...values, ...Array.from({ length: columns.length - values.length }, () => '')])
}

describe('readRow', () => {
  test('fields and metadata are filled, empty cells say nothing', () => {
    expect(row(' Ada@Acorn.TEST ', 'Ada  Marie', '', 'europe/vienna', 'metal', 'dropped')).toEqual({
      ok: true,
      lead: {
        email: 'ada@acorn.test',
        first_name: 'Ada Marie',
        last_name: null,
        company: null,
        position: null,
        timezone: 'Europe/Vienna',
        metadata: { industry: 'metal' },
      },
    })
  })

  test('a line break in a name becomes a space, so that it cannot become a header', () => {
    expect(row('ada@acorn.test', 'Ada\r\nBcc: x@y.test')).toMatchObject({
      lead: { first_name: 'Ada Bcc: x@y.test' },
    })
  })

  test('a metadata column with the name of an object member is data like any other', () => {
    const verdict = readRow(mapHeader(['email', 'constructor']), ['a@b.test', 'x'])
    expect(verdict).toMatchObject({ ok: true, lead: { metadata: { constructor: 'x' } } })
  })

  test.each<[string, string[], string]>([
    ['too few columns', ['a@b.test', 'Ada'], 'has 2 columns, the first line has 6'],
    ['one column', ['a@b.test'], 'has 1 column, the first line has 6'],
  ])('%s are refused', (_what, values, reason) => {
    expect(readRow(columns, values)).toEqual({ ok: false, reason })
  })

  test.each<[string, string[], string]>([
    ['no address', ['', 'Ada'], 'the address is empty'],
    ['no @', ['ada.acorn.test'], '"ada.acorn.test" is not name@domain'],
    ['an unknown zone', ['a@b.test', '', '', 'Mars/Olympus'], '"Mars/Olympus" is not a time zone'],
    ['an offset as zone', ['a@b.test', '', '', '+02:00'], '"+02:00" is not a time zone'],
    ['a long name', ['a@b.test', 'x'.repeat(101)], 'first_name is longer than 100 characters'],
    ['long metadata', ['a@b.test', '', '', '', 'x'.repeat(2_001)], 'industry is longer than 2000 characters'],
    ['a very long address', [`${'x'.repeat(400)}@b.test`], 'email is longer than 320 characters'],
  ])('a row with %s is refused', (_what, values, reason) => {
    expect(row(...values)).toEqual({ ok: false, reason })
  })
})
