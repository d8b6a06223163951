import { afterAll, beforeAll, expect, test } from 'vitest'
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
