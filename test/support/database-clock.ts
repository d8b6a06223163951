import { sql } from 'kysely'
import type { Pool } from 'pg'
import { createDb, createPool, type Db } from '../../src/db/connect.ts'
import { schemaNames } from './template.ts'

export interface DatabaseWithClock {
  db: Db
  pool: Pool
  /** From now on the database's clock shows this time, and goes on from it; by `jumpMs` more at every look, if given. */
  setTime(at: Date, jumpMs?: number): Promise<void>
  close(): Promise<void>
}

/**
 * Connections on which `clock_timestamp()` can be set: a function of that name in our schema, found before
 * PostgreSQL's own because the search path names pg_catalog last.
 */
export async function openDatabaseWithClock(database: { db: Db; url: string }): Promise<DatabaseWithClock> {
  const { db: plain } = database
  await sql`create table test_clock (ahead interval not null, jump interval not null)`.execute(plain)
  await sql`create sequence test_clock_looks`.execute(plain)
  await sql`insert into test_clock values ('0', '0')`.execute(plain)
  await sql`
    create function clock_timestamp() returns timestamptz language sql volatile as
    $$select pg_catalog.clock_timestamp() + ahead + jump * nextval('rookery.test_clock_looks')
        from rookery.test_clock$$`.execute(plain)
  const pool = createPool({
    url: database.url,
    schema: `${schemaNames.schema},public,pg_catalog`,
    maxConnections: 5,
    applicationName: 'rookery-test-clock',
    onIdleError: () => {},
  })
  return {
    db: createDb(pool),
    pool,
    async setTime(at, jumpMs = 0) {
      await sql`select setval('test_clock_looks', 1)`.execute(plain)
      await sql`
        update test_clock set ahead = ${at}::timestamptz - pg_catalog.clock_timestamp(),
                              jump = ${jumpMs} * interval '1 millisecond'`.execute(plain)
    },
    close: () => pool.end(),
  }
}
