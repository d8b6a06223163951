import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { AppError } from '../core/errors.ts'
import { isConnectionError } from './retry.ts'
import type { Database } from './schema.ts'

export type Db = Kysely<Database>
export type Trx = Transaction<Database>

export interface DatabaseOptions {
  url: string
  /** Schema of Rookery's own tables; the search path of every connection. */
  schema: string
  /** Connections this process may hold. */
  maxConnections: number
  applicationName: string
  /** Longest any statement may take, in milliseconds; without it, as long as it needs. */
  statementTimeoutMs?: number | undefined
  /** Called for an idle connection that broke; the pool replaces it. */
  onIdleError: (error: Error) => void
}

const parsers = new Map<number, (value: string) => unknown>([
  [20, Number], // int8: counts and ids here stay far below 2^53
  [1082, String], // date: a day is a day, not a moment in somebody's zone
  [1186, String], // interval
])

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format as 'text'),
}

/** A pool whose connections see Rookery's schema first. Behind a transaction pooler, set the role's search_path instead. */
export function createPool(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    options: serverOptions(options),
    ...clientLimit(options),
    types,
  })
  pool.on('error', options.onIdleError)
  // A connection that breaks in a transaction rejects its query; unheard, the same error would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

function serverOptions({ schema, statementTimeoutMs }: DatabaseOptions): string {
  const settings = [`search_path=${schema},public`, 'intervalstyle=iso_8601']
  if (statementTimeoutMs) settings.push(`statement_timeout=${statementTimeoutMs}`)
  return settings.map((setting) => `-c ${setting}`).join(' ')
}

// For a server that cannot even say that its time is over.
function clientLimit({ statementTimeoutMs }: DatabaseOptions): pg.PoolConfig {
  return statementTimeoutMs ? { query_timeout: statementTimeoutMs + 1000 } : {}
}

export function createDb(pool: pg.Pool): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

/** Throws `database_unreachable` with what to check, unless a connection answers. */
export async function assertReachable(pool: pg.Pool, url: string): Promise<void> {
  try {
    await pool.query('select 1')
  } catch (error) {
    const { host, pathname } = new URL(url)
    throw new AppError(
      'database_unreachable',
      `The database at ${host}${pathname} cannot be reached: ${wordsOf(error)}. ` +
        'Check DATABASE_URL, that the server runs, and that it accepts this user from here.',
      { cause: error },
    )
  }
}

/** `database_unreachable` for a connection that was lost in the middle of a command; undefined for any other error. */
export function connectionLost(error: unknown): AppError | undefined {
  if (error instanceof AppError || !isConnectionError(error) || isOfFile(error)) return undefined
  return new AppError(
    'database_unreachable',
    `The connection to the database was lost in the middle: ${wordsOf(error)}. ` +
      'What was under way may be done or not: look, then run the command again.',
    { cause: error },
  )
}

// A socket below a directory that is not there says ENOENT, and so does a missing file.
function isOfFile(error: unknown): boolean {
  const { path, syscall } = error as NodeJS.ErrnoException
  return path !== undefined && syscall !== 'connect'
}

/** Where each of a host's addresses failed, Node leaves the message empty. */
function wordsOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return (message || code || String(error)).replace(/\.$/, '')
}
