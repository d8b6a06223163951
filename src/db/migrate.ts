import { promises as fs } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { type MigrationResult, Migrator } from 'kysely/migration'
import { AppError } from '../core/errors.ts'
import type { Db } from './connect.ts'
import { isConnectionError } from './retry.ts'

const migrationFolder = path.join(import.meta.dirname, '../../migrations')

/**
 * Brings the schema up to date, forward only. Kysely's advisory lock makes it safe for several
 * processes to start at once; each then finds nothing left to do.
 */
export async function migrateSchema(db: Db, schema: string): Promise<readonly MigrationResult[]> {
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db)
  const migrator = new Migrator({
    db,
    migrationTableSchema: schema,
    migrationTableName: 'schema_migrations',
    migrationLockTableName: 'schema_migrations_lock',
    provider: { getMigrations: loadMigrations },
  })
  const { error, results } = await migrator.migrateToLatest()
  if (isConnectionError(error)) throw error
  if (error) {
    const failed =
      results?.find((result) => result.status === 'Error')?.migrationName ?? 'before the first one'
    throw new AppError('internal', `Migration failed (${failed}): ${(error as Error).message}`, {
      cause: error,
    })
  }
  return results ?? []
}

interface Migration {
  up(db: Kysely<never>): Promise<void>
}

async function loadMigrations(): Promise<Record<string, Migration>> {
  const files = (await fs.readdir(migrationFolder)).filter((file) => file.endsWith('.ts'))
  const loaded = files.map(async (file) => {
    const module = (await import(pathToFileURL(path.join(migrationFolder, file)).href)) as Migration
    return [path.basename(file, '.ts'), module] as const
  })
  return Object.fromEntries(await Promise.all(loaded))
}
