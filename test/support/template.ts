import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { migrateDatabase } from '../../src/app/migrate.ts'
import { createDb, createPool } from '../../src/db/connect.ts'

export const schemaNames = { schema: 'rookery', queueSchema: 'rookery_queue' }

/** Where test databases come from: a server, and a migrated database on it that is cloned for each file. */
export interface TestServer {
  adminUrl: string
  template: string
}

/** Creates the template: everything `rookery migrate` does, in an empty database of its own. */
export async function createTemplate(adminUrl: string): Promise<TestServer> {
  const template = `rookery_test_${randomBytes(4).toString('hex')}`
  await runStatement(adminUrl, `create database ${template}`)
  const pool = createPool({
    url: databaseUrl(adminUrl, template),
    schema: schemaNames.schema,
    maxConnections: 5,
    applicationName: 'rookery-test-template',
    onIdleError: () => {},
  })
  try {
    await migrateDatabase(pool, createDb(pool), schemaNames)
  } finally {
    await pool.end()
  }
  return { adminUrl, template }
}

/** Drops the template and every clone of it that a test left behind. */
export async function dropTemplate({ adminUrl, template }: TestServer): Promise<void> {
  const names = await runStatement(
    adminUrl,
    `select datname from pg_database where datname like '${template}%'`,
  )
  for (const { datname } of names) await runStatement(adminUrl, `drop database "${datname}" with (force)`)
}

export function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}

/** One statement on a connection of its own: `create database` and its like run in no transaction. */
export async function runStatement(url: string, text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, string>>(text)).rows
  } finally {
    await client.end()
  }
}
