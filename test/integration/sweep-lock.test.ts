import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trx } from '../../src/db/connect.ts'
import { lockSweep } from '../../src/sending/lane-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

test('one sweep of an installation runs at a time, and hinders none of another schema', async () => {
  const { db } = database
  const lockIn = async (trx: Trx, schema: string) => {
    await sql`set local search_path = ${sql.id(schema)}`.execute(trx)
    return lockSweep(trx)
  }
  await sql`create schema elsewhere`.execute(db)
  const mine = await db.transaction().execute(async (first) => {
    const locked = [await lockIn(first, 'rookery')]
    await db.transaction().execute(async (second) => {
      locked.push(await lockIn(second, 'rookery'), await lockIn(second, 'elsewhere'))
    })
    return locked
  })
  expect(mine).toEqual([true, false, true])
})
