import { expect, test } from 'vitest'
import { findTimeZone } from '../../../src/core/time-zone.ts'

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['europe/berlin', 'Europe/Berlin'],
  [' America/Argentina/Buenos_Aires ', 'America/Argentina/Buenos_Aires'],
  ['UTC', 'UTC'],
  ['Asia/Kolkata', 'Asia/Kolkata'],
  ['Etc/GMT+5', 'Etc/GMT+5'],
])('%o is the zone %s', (input, zone) => {
  expect(findTimeZone(input)).toBe(zone)
})

test.each([
  '',
  'Berlin',
  'Mars/Olympus',
  '+02:00',
  '-0500',
  'UTC+2',
  'AET',
  'pnt',
  'SystemV/AST4',
  'Europe/',
  "'; drop table leads",
  'ü/x',
])('%o is no zone', (input) => {
  expect(findTimeZone(input)).toBeUndefined()
})
