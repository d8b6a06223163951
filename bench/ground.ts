import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { migrateDatabase } from '../src/app/migrate.ts'
import { workerFlags } from '../src/app/worker-flags.ts'
import { createDb, createPool, type Db } from '../src/db/connect.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgres } from '../src/lab/embedded-postgres.ts'

const root = path.join(import.meta.dirname, '..')
const names = { schema: 'rookery', queueSchema: 'rookery_queue' }

export interface Ground {
  db: Db
  pool: pg.Pool
  /** Environment of the worker processes. */
  env: NodeJS.ProcessEnv
  close(): Promise<void>
}

/** A migrated database of its own on a PostgreSQL with durable commits, and a home for the workers. */
export async function openGround(): Promise<Ground> {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-bench-'))
  const server =
    process.env.DATABASE_URL ?? (await ensureEmbeddedPostgres({ directory: path.join(home, 'postgres') })).url
  const database = `rookery_bench_${process.pid}_${Date.now()}`
  await statement(server, `create database ${database}`)
  const url = new URL(server)
  url.pathname = `/${database}`
  const pool = createPool({
    url: url.href,
    schema: names.schema,
    maxConnections: 5,
    applicationName: 'rookery-bench',
    onIdleError: () => undefined,
  })
  const db = createDb(pool)
  await migrateDatabase(pool, db, names)
  return {
    db,
    pool,
    env: { ...process.env, DATABASE_URL: url.href, ROOKERY_HOME: home, ROOKERY_LOG_LEVEL: 'warn' },
    async close() {
      await pool.end()
      await statement(server, `drop database ${database} with (force)`)
      if (!process.env.DATABASE_URL) await stopEmbeddedPostgres(path.join(home, 'postgres'))
      await fs.rm(home, { recursive: true, force: true })
    },
  }
}

async function statement(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text)
  await client.end()
}

export interface Worker {
  /** CPU seconds and peak resident memory so far. */
  usage(): Promise<{ cpuSeconds: number; peakMegabytes: number }>
  stop(): Promise<void>
}

/** A process of the fleet, as Procfile starts it. */
export function startWorker(file: string, env: NodeJS.ProcessEnv): Worker {
  const child = spawn(process.execPath, [...workerFlags, path.join(root, file)], {
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  return {
    usage: () => usageOf(child),
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

// /proc: utime and stime are fields 14 and 15 of stat, in ticks of 10 ms; VmHWM is the peak resident size.
async function usageOf(child: ChildProcess) {
  const stat = await fs.readFile(`/proc/${child.pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = await fs.readFile(`/proc/${child.pid}/status`, 'utf8')
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    peakMegabytes: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024),
  }
}

/** The lab's SMTP provider in a process of its own. */
export async function startSink(): Promise<{
  host: string
  port: number
  accepted(): Promise<number>
  stop(): void
}> {
  const child = spawn(process.execPath, [path.join(root, 'src/lab/smtp-provider-process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port, httpPort } = JSON.parse(line) as { port: number; httpPort: number }
  return {
    host: '127.0.0.1',
    port,
    async accepted() {
      const account = await fetch(`http://127.0.0.1:${httpPort}/accepted`)
      return ((await account.json()) as { accepted: number }).accepted
    },
    stop: () => child.kill(),
  }
}

/** Transactions committed in this database so far; the statistics lag by up to a second. */
export async function committed(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    'select xact_commit as n from pg_stat_database where datname = current_database()',
  )
  return rows[0]?.n ?? 0
}
