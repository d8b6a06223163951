import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTimeZone } from '../../src/core/time-zone.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { renderDatabaseTypes } from '../support/render-database-types.ts'
import { schemaNames } from '../support/template.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

test('the Database interface is what the migrated catalogue says', async () => {
  const rendered = await renderDatabaseTypes(database.pool, schemaNames.schema)
  await expect(rendered).toMatchFileSnapshot('../../src/db/schema.ts')
})

test('every time zone that is taken is one to PostgreSQL', async () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const short = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)))
  const taken = [...Intl.supportedValuesOf('timeZone'), ...short].flatMap((name) => findTimeZone(name) ?? [])
  expect(taken.length).toBeGreaterThan(400)
  const { rows } = await sql`select now() at time zone name from unnest(${taken}::text[]) name`.execute(
    database.db,
  )
  expect(rows).toHaveLength(taken.length)
})
