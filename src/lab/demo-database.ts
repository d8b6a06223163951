import { AppError } from '../core/errors.ts'
import { createPool } from '../db/connect.ts'

/**
 * Drops the database of the url and makes it anew. Only one caller at a time may hold it: throws `conflict` while
 * another one, of any process, has not released it.
 */
export async function renewDatabase(url: string): Promise<{ release(): Promise<void> }> {
  const server = new URL(url)
  const name = server.pathname.slice(1)
  server.pathname = '/postgres'
  const pool = createPool({
    url: server.href,
    schema: 'public',
    maxConnections: 1,
    applicationName: 'rookery demo',
    onIdleError: () => {},
  })
  // The lock belongs to the one connection of the pool, and goes with it however this process ends.
  const { rows } = await pool.query(
    `select pg_try_advisory_lock(hashtextextended('rookery demo', 0)) as mine`,
  )
  if (!rows[0]?.mine) {
    await pool.end()
    throw new AppError(
      'conflict',
      'A demo is running in this directory already. Stop it with Ctrl-C where it runs.',
    )
  }
  await pool.query(`drop database if exists "${name}" with (force)`)
  await pool.query(`create database "${name}"`)
  return { release: () => pool.end() }
}
