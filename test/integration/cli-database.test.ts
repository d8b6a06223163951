import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mint } from '../support/factories.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let home: string
beforeAll(async () => {
  database = await createTestDatabase()
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-database-'))
})
afterAll(async () => {
  await database.close()
  await fs.rm(home, { recursive: true })
})

/** The database as another role sees it. */
function urlAs(role: string, url = database.url): string {
  const its = new URL(url)
  its.username = role
  its.password = 'hush'
  return its.href
}

async function withRole(options: string, work: (role: string) => Promise<void>): Promise<void> {
  const role = mint('role').replaceAll('-', '_')
  await database.pool.query(`create role ${role} login password 'hush' ${options}`)
  try {
    await work(role)
  } finally {
    await database.pool.query(`drop role ${role}`)
  }
}

test('a server that speaks no SSL is named in a sentence, in its own words', async () => {
  const env = { DATABASE_URL: `${database.url}?sslmode=require`, ROOKERY_HOME: home }
  const { code, stderr } = await rookery(['tenant', 'list'], { env })
  expect(stderr).toMatch(
    /cannot be reached: The server does not support SSL connections\. Check DATABASE_URL/,
  )
  expect(stderr).not.toContain('    at ')
  expect(code).toBe(3)
})

test('a role that has no connection left is unreachable too', async () => {
  await withRole('connection limit 0', async (role) => {
    const env = { DATABASE_URL: urlAs(role), ROOKERY_HOME: home }
    const { code, stderr } = await rookery(['tenant', 'list', '--json'], { env })
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'database_unreachable', message: expect.stringContaining('too many connections') },
    })
    expect(code).toBe(3)
  })
})

test('a database that is lost in the middle of a command is a sentence, exit code 3', async () => {
  const holder = await database.pool.connect()
  try {
    await holder.query('begin; lock table tenants')
    const command = rookery(['tenant', 'list'], { env: { DATABASE_URL: database.url, ROOKERY_HOME: home } })
    await eventually(async () => {
      const { rowCount } = await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'rookery cli' and wait_event_type = 'Lock'`,
      )
      expect(rowCount).toBe(1)
    })
    const { code, stderr } = await command
    expect(stderr).toMatch(/^The connection to the database was lost in the middle: .+\n$/)
    expect(code).toBe(3)
  } finally {
    await holder.query('rollback')
    holder.release()
  }
})

test('migrating as a role that may not create anything says what to grant', async () => {
  const empty = await createEmptyDatabase()
  try {
    await withRole('', async (role) => {
      const env = { DATABASE_URL: urlAs(role, empty.url), ROOKERY_HOME: home }
      const { code, stderr } = await rookery(['migrate'], { env })
      const name = new URL(empty.url).pathname.slice(1)
      expect(stderr).toContain(`grant create on database ${name} to ${role}`)
      expect(stderr).not.toContain('    at ')
      expect(code).toBe(1)
    })
  } finally {
    await empty.close()
  }
})

test('a home below a file is wrong configuration, in a sentence', async () => {
  const file = path.join(home, 'file')
  await fs.writeFile(file, '')
  const env = { ROOKERY_HOME: path.join(file, 'home') }
  const { code, stderr } = await rookery(['tenant', 'list'], { env })
  expect(stderr).toMatch(/^ROOKERY_HOME, .+file\/home, cannot be a directory: ENOTDIR/)
  expect(code).toBe(2)
})
