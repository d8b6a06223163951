import { promises as fs } from 'node:fs'
import path from 'node:path'
import { sql } from 'kysely'
import type pg from 'pg'
import { AppError } from '../core/errors.ts'
import { assertReachable, createDb, createPool, type Db } from '../db/connect.ts'
import type { Config } from './config.ts'
import { assertHome } from './home.ts'

export interface OpenDatabase {
  db: Db
  pool: pg.Pool
  url: string
  close(): Promise<void>
}

interface Options {
  /** Shown in pg_stat_activity. */
  applicationName: string
  statementTimeoutMs?: number
  onIdleError?: (error: Error) => void
}

/** Connects to DATABASE_URL, or starts the embedded PostgreSQL; throws `database_unreachable` unless it answers. */
export async function openDatabase(config: Config, options: Options): Promise<OpenDatabase> {
  const url = config.database.url ?? (await startEmbedded(config.home))
  const pool = createPool({
    url,
    schema: config.database.schema,
    maxConnections: config.database.maxConnections,
    applicationName: options.applicationName,
    statementTimeoutMs: options.statementTimeoutMs,
    onIdleError: options.onIdleError ?? (() => {}),
  })
  const db = createDb(pool)
  try {
    await assertReachable(pool, url)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return { db, pool, url, close: () => db.destroy() }
}

/** Throws `unsupported` when the schema lacks migrations that this version brings. */
export async function assertMigrated(db: Db, schema: string): Promise<void> {
  const [known, applied] = await Promise.all([knownMigrations(), appliedMigrations(db, schema)])
  const missing = known.filter((name) => !applied.has(name))
  if (missing.length === 0) return
  const state = applied.size === 0 ? 'has no tables yet' : `lacks ${missing.length} of our migrations`
  throw new AppError('unsupported', `The schema "${schema}" ${state}. Run: rookery migrate`)
}

/** The last migration that was applied. */
export async function latestMigration(db: Db, schema: string): Promise<string> {
  return [...(await appliedMigrations(db, schema))].sort().at(-1) ?? 'none'
}

async function startEmbedded(home: string): Promise<string> {
  const { ensureEmbeddedPostgres } = await import('../lab/embedded-postgres.ts')
  await assertHome(home)
  const { url } = await ensureEmbeddedPostgres({ directory: path.join(home, 'postgres') })
  return url
}

async function knownMigrations(): Promise<string[]> {
  const files = await fs.readdir(path.join(import.meta.dirname, '../../migrations'))
  return files.filter((file) => file.endsWith('.ts')).map((file) => path.basename(file, '.ts'))
}

async function appliedMigrations(db: Db, schema: string): Promise<Set<string>> {
  const table = `${schema}.schema_migrations`
  const { rows: found } = await sql<{ exists: boolean }>`
    select to_regclass(${table}) is not null as exists`.execute(db)
  if (!found[0]?.exists) return new Set()
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)}`.execute(db)
  return new Set(rows.map((row) => row.name))
}
