import { describe, expect, test } from 'vitest'
import { detectDelimiter, mapHeader } from '../../../src/leads/header.ts'

describe('mapHeader', () => {
  test.each([
    ['email', { field: 'email' }],
    ['E-Mail', { field: 'email' }],
    ['Email Address', { field: 'email' }],
    ['First Name', { field: 'first_name' }],
    ['LASTNAME', { field: 'last_name' }],
    ['Organisation', { field: 'company' }],
    ['Job title', { field: 'position' }],
    ['Time zone', { field: 'timezone' }],
    ['Deal Size (€)', { key: 'deal_size' }],
    ['Straße', { key: 'straße' }],
    ['__proto__', { key: 'proto' }],
    ['  ', { ignored: true }],
  ])('"%s" means %o', (name, column) => {
    const others = 'field' in column && column.field === 'email' ? [] : ['email']
    expect(mapHeader([name, ...others])[0]).toEqual(column)
  })

  test('a file without an email column is refused with what it has', () => {
    expect(() => mapHeader(['name', 'phone'])).toThrow(
      'The file has no column "email". Its first line names: "name", "phone".',
    )
  })

  test('two columns that mean the same are refused', () => {
    expect(() => mapHeader(['email', 'E-Mail'])).toThrow('Two columns of the file mean "email".')
    expect(() => mapHeader(['email', 'deal size', 'Deal-Size'])).toThrow('mean "deal_size"')
  })
})

test.each([
  ['email,first_name', ','],
  ['email;first_name;company, site', ';'],
  ['email\tfirst_name', '\t'],
  ['"email";"a,b,c,d"', ';'],
  ['email', ','],
])('the delimiter of %o is %o', (line, delimiter) => {
  expect(detectDelimiter(line)).toBe(delimiter)
})
