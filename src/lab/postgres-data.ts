import { promises as fs } from 'node:fs'
import path from 'node:path'
import { AppError } from '../core/errors.ts'
import { type Account, giveTo, runAs } from './postgres-account.ts'

/** A server as it lies on disk. */
export interface Server {
  /** Holds `data` and `server.log`; the account can enter it. */
  home: string
  password: string
  account: Account | undefined
}

/** The bootstrap superuser, and the database of the same name. */
export const owner = 'rookery'

export const dataOf = (server: Server): string => path.join(server.home, 'data')
export const logOf = (server: Server): string => path.join(server.home, 'server.log')

/** TCP on loopback only: a socket file's path may not exceed 107 bytes, and directories here are the user's. */
const baseSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** Creates the data directory if there is none; one left half-made by a crash is made anew. */
export async function initialiseData(
  server: Server,
  binaries: string,
  settings: Record<string, string> = {},
): Promise<void> {
  if (await exists(dataOf(server))) return
  const unfinished = `${dataOf(server)}.new`
  const passwordFile = path.join(server.home, 'password')
  await fs.rm(unfinished, { recursive: true, force: true })
  await fs.mkdir(unfinished, { mode: 0o700 })
  await fs.writeFile(passwordFile, server.password, { mode: 0o600 })
  try {
    await giveTo(server.account, unfinished)
    await giveTo(server.account, passwordFile)
    await runInitdb(server, binaries, [`--pgdata=${unfinished}`, `--pwfile=${passwordFile}`], settings)
  } finally {
    await fs.rm(passwordFile, { force: true })
  }
  await fs.rename(unfinished, dataOf(server))
}

async function runInitdb(
  server: Server,
  binaries: string,
  where: string[],
  settings: Record<string, string>,
) {
  const options = ['--auth=scram-sha-256', `--username=${owner}`, '--encoding=UTF8', '--locale=C']
  const all = Object.entries({ ...baseSettings, ...settings }).map(
    ([name, value]) => `--set=${name}=${value}`,
  )
  const speed = settings.fsync === 'off' ? ['--no-sync'] : []
  try {
    await runAs(server.account, path.join(binaries, 'initdb'), [...where, ...options, ...all, ...speed])
  } catch (error) {
    throw new AppError(
      'internal',
      `PostgreSQL could not create its data directory ${dataOf(server)}. ` +
        'Mend what initdb says (space, permissions), or set DATABASE_URL to a server of your own.',
      { cause: error, details: lastLines((error as { stderr?: string }).stderr || String(error)) },
    )
  }
}

/** The end of a log: what a person needs of it in an error. */
export function lastLines(text: string): string[] {
  return text.trimEnd().split('\n').slice(-15)
}

function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  )
}
