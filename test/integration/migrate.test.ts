import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrateDatabase } from '../../src/app/migrate.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { moduleUrl, runProgram } from '../support/program.ts'
import { schemaNames } from '../support/template.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await createEmptyDatabase()
})
afterEach(() => database.close())

const migrateProgram = (url: string) => `
  import { migrateDatabase } from ${moduleUrl('src/app/migrate.ts')}
  import { createDb, createPool } from ${moduleUrl('src/db/connect.ts')}
  const pool = createPool({
    url: ${JSON.stringify(url)},
    schema: 'rookery',
    maxConnections: 5,
    applicationName: 'rookery-test-migrate',
    onIdleError: () => {},
  })
  const applied = await migrateDatabase(pool, createDb(pool), ${JSON.stringify(schemaNames)})
  await pool.end()
  console.log(applied.length)`

test('processes that migrate an empty database at once all succeed, and one of them does the work', async () => {
  const program = migrateProgram(database.url)
  const printed = await Promise.all(Array.from({ length: 4 }, () => runProgram(program)))
  const applied = printed.map(Number).filter((count) => count > 0)
  expect(applied).toHaveLength(1)
  const { rows } = await database.pool.query('select name from schema_migrations')
  expect(applied).toEqual([rows.length])
})

test('migrating again changes nothing', async () => {
  const { pool, db } = database
  expect(await migrateDatabase(pool, db, schemaNames)).not.toEqual([])
  const before = await describeDatabase()
  expect(await migrateDatabase(pool, db, schemaNames)).toEqual([])
  expect(await describeDatabase()).toEqual(before)
})

test('a database that other tables live in is left as it is beside ours', async () => {
  await database.pool.query(
    'create schema theirs; create table theirs.emails (id int); create table public.jobs (id int)',
  )
  await migrateDatabase(database.pool, database.db, schemaNames)
  const { rows } = await database.pool.query(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('theirs', 'public') order by 1`,
  )
  expect(rows).toEqual([{ name: 'public.jobs' }, { name: 'theirs.emails' }])
})

/** Every column, index and constraint of both schemas, in words. */
async function describeDatabase(): Promise<string[]> {
  const { rows } = await database.pool.query<{ line: string }>(
    `with ours as (select oid from pg_namespace where nspname in ($1, $2))
     select c.oid::regclass || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' ||
            a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') as line
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
       left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace in (select oid from ours)
     union all
     select pg_get_indexdef(c.oid) from pg_class c where c.relkind in ('i', 'I') and c.relnamespace in (select oid from ours)
     union all
     select k.conrelid::regclass || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
       from pg_constraint k where k.connamespace in (select oid from ours)
     order by 1`,
    [schemaNames.schema, schemaNames.queueSchema],
  )
  return rows.map(({ line }) => line)
}
