import { sql } from 'kysely'
import type { MigrationResult } from 'kysely/migration'
import type { Pool } from 'pg'
import { AppError } from '../core/errors.ts'
import { ensureBillingPartitions } from '../db/billing-partitions.ts'
import type { Db } from '../db/connect.ts'
import { noteEpoch } from '../db/epoch.ts'
import { migrateSchema } from '../db/migrate.ts'
import { ensureEventPartitions } from '../db/partitions.ts'
import { installQueues } from '../queue/install.ts'
import type { Config } from './config.ts'
import { openDatabase } from './database.ts'

// One number for all installations in a database: two of them migrating take turns.
const migrateLock = 7_726_514_209

/** Everything `rookery migrate` does: our tables, the event partitions of the coming months, pg-boss and its queues. */
export async function migrateAll(config: Config): Promise<readonly MigrationResult[]> {
  const database = await openDatabase(config, { applicationName: 'rookery migrate' })
  try {
    return await migrateDatabase(database.pool, database.db, config.database)
  } catch (error) {
    throw isRefusal(error) ? await missingGrant(database.db, error) : error
  } finally {
    await database.close()
  }
}

/** 42501, insufficient privilege: as PostgreSQL said it, or below what a migration made of it. */
function isRefusal(error: unknown): error is Error {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return code === '42501' || cause?.code === '42501'
}

async function missingGrant(db: Db, error: Error): Promise<AppError> {
  const { rows } = await sql<{ statement: string }>`
    select format('grant create on database %I to %I', current_database(), current_user) as statement`.execute(
    db,
  )
  return new AppError(
    'unsupported',
    `This database role may not create or change Rookery's tables: ${error.message}. ` +
      `Run as the owner of the database: ${rows[0]?.statement}; or, if the tables are another role's, migrate as that role.`,
    { cause: error },
  )
}

/** Brings one database up to date; processes that start together wait for each other and find nothing left to do. */
export async function migrateDatabase(
  pool: Pool,
  db: Db,
  names: { schema: string; queueSchema: string },
): Promise<readonly MigrationResult[]> {
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${migrateLock})`.execute(connection)
    try {
      const applied = await migrateSchema(db, names.schema)
      await noteEpoch(db)
      await ensureEventPartitions(db, new Date())
      await ensureBillingPartitions(db, new Date())
      await installQueues(pool, db, names.queueSchema)
      return applied
    } finally {
      await sql`select pg_advisory_unlock(${migrateLock})`.execute(connection)
    }
  })
}
