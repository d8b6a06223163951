import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import { inject } from 'vitest'
import { createDb, createPool, type Db } from '../../src/db/connect.ts'
import { setEpoch } from '../../src/db/epoch.ts'
import { databaseUrl, runStatement, schemaNames } from './template.ts'

export interface TestDatabase {
  db: Db
  pool: Pool
  /** For processes of their own: DATABASE_URL. */
  url: string
  /** Ends the pool and drops the database. */
  close(): Promise<void>
}

/** A migrated database of the calling file's own, cloned from the template. */
export async function createTestDatabase(options: { maxConnections?: number } = {}): Promise<TestDatabase> {
  const database = await openNewDatabase(inject('testServer').template, options.maxConnections)
  // A copy of a database sends nothing until somebody says that it may.
  await setEpoch(database.db)
  return database
}

/** A database in which nothing has been created yet. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return openNewDatabase('template0')
}

async function openNewDatabase(template: string, maxConnections = 10): Promise<TestDatabase> {
  const { adminUrl, template: prefix } = inject('testServer')
  const name = `${prefix}_${randomBytes(4).toString('hex')}`
  await runStatement(adminUrl, `create database ${name} template ${template}`)
  const url = databaseUrl(adminUrl, name)
  const pool = createPool({
    url,
    schema: schemaNames.schema,
    maxConnections,
    applicationName: 'rookery-test',
    onIdleError: () => {},
  })
  const close = async () => {
    await pool.end()
    await runStatement(adminUrl, `drop database if exists ${name} with (force)`)
  }
  return { db: createDb(pool), pool, url, close }
}
