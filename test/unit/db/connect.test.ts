import { expect, test } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { connectionLost } from '../../../src/db/connect.ts'

const errorWith = (fields: object) => Object.assign(new Error('it failed.'), fields)

test.each([
  { code: '57P01' },
  { code: '53300' },
  { code: 'ECONNRESET', syscall: 'read' },
  { code: 'ENOENT', syscall: 'connect', path: '/run/postgresql/.s.PGSQL.5432' },
])('a connection that broke with %o is a database lost', (fields) => {
  expect(connectionLost(errorWith(fields))).toMatchObject({
    code: 'database_unreachable',
    message: expect.stringContaining('was lost in the middle: it failed. What'),
  })
})

test.each([
  errorWith({ code: 'ENOENT', syscall: 'open', path: 'leads.csv' }),
  errorWith({ code: '23505' }),
  new TypeError('x is not a function'),
  new AppError('not_found', 'the connection ended'),
])('%s says nothing of the database', (error) => {
  expect(connectionLost(error)).toBeUndefined()
})
