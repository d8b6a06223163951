import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import { createPool } from '../db/connect.ts'
import { serverEnvironment } from './postgres-account.ts'
import { dataOf, lastLines, logOf, owner, type Server } from './postgres-data.ts'
import { processArguments } from './postgres-process.ts'

const readyTimeoutMs = 120_000
const startAttempts = 20

/** Starts the server so that it outlives this process, and returns once it answers. The caller holds the lock. */
export async function startServer(server: Server, binaries: string, preferredPort?: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort(attempt === 1 ? preferredPort : undefined)
    // Naming a process that is gone, or by now another one's: PostgreSQL would refuse to start.
    await fs.rm(path.join(dataOf(server), 'postmaster.pid'), { force: true })
    const log = await runServer(server, binaries, port)
    if (log === undefined) return port
    // A port taken in between; or processes of a killed server that have not noticed yet that it is gone.
    const passing = /could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block/
    if (attempt === startAttempts || !passing.test(log)) throw startFailure(server, log)
    await delay(250)
  }
}

/** What the server logged if it ended before it answered, else undefined. */
async function runServer(server: Server, binaries: string, port: number): Promise<string | undefined> {
  const log = await fs.open(logOf(server), 'a', 0o600)
  const { size } = await log.stat()
  const child = spawn(path.join(binaries, 'postgres'), ['-D', dataOf(server), '-p', String(port)], {
    ...(server.account && { uid: server.account.uid, gid: server.account.gid }),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
    env: serverEnvironment,
  })
  const over = new AbortController()
  const ended = once(child, 'exit').then(() => over.abort())
  try {
    const ready = await Promise.race([awaitReady(server, over.signal), ended.then(() => false)])
    return ready ? undefined : (await fs.readFile(logOf(server), 'utf8')).slice(size)
  } finally {
    child.unref()
    await log.close()
  }
}

/** True once the server answers, false when its process is gone; throws if it takes longer than two minutes. */
export async function awaitReady(server: Server, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + readyTimeoutMs
  while (!signal?.aborted) {
    const running = await findPostmaster(server)
    if (running && (await answers(server, running.port))) return true
    if (!signal && !running) return false
    if (Date.now() > deadline) throw startFailure(server, await fs.readFile(logOf(server), 'utf8'))
    await delay(25)
  }
  return false
}

/** The live server of this data directory, by its pid file; a number that another process bears by now is none. */
export async function findPostmaster(server: Server): Promise<{ pid: number; port: number } | undefined> {
  const text = await fs.readFile(path.join(dataOf(server), 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  if (!pid || !port) return undefined
  return (await processArguments(pid))?.includes(dataOf(server)) ? { pid, port } : undefined
}

export function serverUrl(server: Server, port: number, database = owner): string {
  return `postgres://${owner}:${server.password}@127.0.0.1:${port}/${database}`
}

/** Whether a server with our password and our data directory listens on the port, be it with no connection to spare. */
export async function answers(server: Server, port: number): Promise<boolean> {
  try {
    const [row] = await query(serverUrl(server, port, 'postgres'), 'show data_directory')
    return row?.data_directory === dataOf(server)
  } catch (error) {
    return (error as { code?: string }).code === '53300'
  }
}

export async function createOwnDatabase(server: Server, port: number): Promise<void> {
  const url = serverUrl(server, port, 'postgres')
  const [found] = await query(url, `select 1 as one from pg_database where datname = '${owner}'`)
  if (!found) await query(url, `create database ${owner}`)
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const pool = createPool({
    url,
    schema: 'public',
    maxConnections: 1,
    applicationName: 'rookery-embedded',
    onIdleError: () => {},
  })
  try {
    return (await pool.query<Record<string, unknown>>(text)).rows
  } finally {
    await pool.end()
  }
}

/** Ends the server, waiting for its clients to be sent away; false if none ran. */
export async function stopServer(server: Server): Promise<boolean> {
  const running = await findPostmaster(server)
  if (!running) return false
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    signalProcess(running.pid, signal)
    if (await awaitGone(server, running.pid, patienceMs)) return true
  }
  throw new AppError(
    'internal',
    `The embedded PostgreSQL (process ${running.pid}) does not stop. Its log is ${logOf(server)}.`,
    { details: lastLines(await fs.readFile(logOf(server), 'utf8')) },
  )
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function awaitGone(server: Server, pid: number, patienceMs: number): Promise<boolean> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await delay(25)) {
    if (!(await processArguments(pid))?.includes(dataOf(server))) return true
  }
  return false
}

async function findFreePort(preferred = 0): Promise<number> {
  const probe = net.createServer().listen(preferred, '127.0.0.1')
  try {
    await once(probe, 'listening')
    return (probe.address() as net.AddressInfo).port
  } catch (error) {
    if (preferred === 0) throw error
    return findFreePort()
  } finally {
    probe.close()
  }
}

function startFailure(server: Server, log: string): AppError {
  return new AppError(
    'internal',
    `The embedded PostgreSQL did not start. Its last words are below, its whole log is ${logOf(server)}; ` +
      'mend what it says and start again, or set DATABASE_URL to a server of your own.',
    { details: lastLines(log) },
  )
}
