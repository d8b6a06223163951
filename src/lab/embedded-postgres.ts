import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { AppError } from '../core/errors.ts'
import { canEnter, findServerAccount } from './postgres-account.ts'
import { prepareBinaries } from './postgres-binaries.ts'
import { initialiseData, type Server } from './postgres-data.ts'
import { withLock } from './postgres-lock.ts'
import {
  answers,
  awaitReady,
  createOwnDatabase,
  findPostmaster,
  serverUrl,
  startServer,
  stopServer,
} from './postgres-server.ts'
import { makeShelter } from './postgres-shelter.ts'

/** `server.json`: written before the data directory is, so that a crash in between loses no password. */
interface ServerRecord {
  password: string
  /** Where the data are, if not in this directory. */
  home?: string
  port?: number
}

/**
 * Returns the url of the database `rookery` on the PostgreSQL of this directory; creates and starts it if
 * need be. It is shared by all processes of the machine and goes on running when they end.
 */
export async function ensureEmbeddedPostgres(options: { directory: string }): Promise<{ url: string }> {
  const running = await findEmbeddedPostgres(options.directory)
  if (running) return { url: running }
  await fs.mkdir(options.directory, { recursive: true, mode: 0o711 })
  const directory = await fs.realpath(options.directory)
  return withLock(directory, async () => ({
    url: (await findEmbeddedPostgres(directory)) ?? (await bringUp(directory)),
  }))
}

/** The url of the server of this directory if it runs and answers. */
export async function findEmbeddedPostgres(directory: string): Promise<string | undefined> {
  const server = await findServer(directory)
  const running = server && (await findPostmaster(server))
  return running && (await answers(server, running.port)) ? serverUrl(server, running.port) : undefined
}

/** Stops the server of this directory, its clients' connections included; false if none ran. */
export async function stopEmbeddedPostgres(directory: string): Promise<boolean> {
  const server = await findServer(directory)
  return server ? withLock(await fs.realpath(directory), () => stopServer(server)) : false
}

async function findServer(directory: string): Promise<Server | undefined> {
  const real = await fs.realpath(directory).catch(() => undefined)
  const record = real && (await readRecord(real))
  return record ? { home: record.home ?? real, password: record.password, account: undefined } : undefined
}

async function bringUp(directory: string): Promise<string> {
  const record = (await readRecord(directory)) ?? (await newRecord(directory))
  const home = record.home ?? directory
  const account = await findServerAccount(path.join(home, 'data'))
  const server: Server = { home, account, password: record.password }
  // It may be starting by itself (recovery after a crash), or stopping: then it is waited for.
  if (!(await awaitReady(server))) {
    const binaries = await prepareBinaries(home, account)
    await initialiseData(server, binaries)
    await startServer(server, binaries, record.port)
  }
  const port = (await findPostmaster(server))?.port
  if (!port)
    throw new AppError('internal', `The embedded PostgreSQL in ${home} ended while it started. Try again.`)
  await createOwnDatabase(server, port)
  await writeRecord(directory, { ...record, port })
  return serverUrl(server, port)
}

async function newRecord(directory: string): Promise<ServerRecord> {
  const home = await chooseHome(directory)
  if ((await fs.readdir(home)).includes('data'))
    throw new AppError(
      'conflict',
      `${path.join(home, 'data')} has lost the server.json beside it, which holds its password. ` +
        'Put it back, or move the data away to begin with an empty database.',
    )
  const password = randomBytes(24).toString('base64url')
  const record = home === directory ? { password } : { password, home }
  await writeRecord(directory, record)
  return record
}

/** The directory itself, unless its path leads through one that the server's account cannot enter. */
async function chooseHome(directory: string): Promise<string> {
  const account = await findServerAccount()
  return (await canEnter(account, directory)) ? directory : makeShelter(directory)
}

async function readRecord(directory: string): Promise<ServerRecord | undefined> {
  const file = path.join(directory, 'server.json')
  try {
    return JSON.parse(await fs.readFile(file, 'utf8')) as ServerRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError(
      'unsupported',
      `The embedded PostgreSQL's ${file} cannot be read: ${(error as Error).message}. ` +
        'Run as the account that created it, or set DATABASE_URL.',
      { cause: error },
    )
  }
}

async function writeRecord(directory: string, record: ServerRecord): Promise<void> {
  const file = path.join(directory, 'server.json')
  const unfinished = `${file}.new`
  await fs.rm(unfinished, { force: true })
  await fs.writeFile(unfinished, JSON.stringify(record, null, 2), { mode: 0o600, flush: true })
  // Root starting an ordinary user's server must not lock that user out.
  const { uid, gid } = await fs.stat(directory)
  if (process.getuid?.() === 0) await fs.chown(unfinished, uid, gid)
  await fs.rename(unfinished, file)
}
