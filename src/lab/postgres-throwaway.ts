import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Account, canEnter, findServerAccount } from './postgres-account.ts'
import { prepareBinaries } from './postgres-binaries.ts'
import {
  createOwnDatabase,
  findPostmaster,
  initialiseData,
  type Server,
  serverUrl,
  startServer,
} from './postgres-server.ts'

/** Nothing here outlives a crash of the machine, so nothing waits for the disk. */
const careless = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

// Ends the server and removes it when its standard input closes: however its parent ends, nothing is left.
const undertaker = `cat >/dev/null; kill -QUIT "$1"; n=0
while [ $n -lt 100 ] && kill -0 "$1" 2>/dev/null; do sleep 0.05; n=$((n+1)); done
rm -rf "$2"`

/** A server for tests, in a directory of its own; gone after `stop`, or when this process ends in any way. */
export async function startThrowawayPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const account = await findServerAccount()
  const home = await makeTemporaryHome(account)
  const server: Server = { home, account, password: randomBytes(24).toString('base64url') }
  try {
    const binaries = await prepareBinaries(home, account)
    await initialiseData(server, binaries, careless)
    const port = await startServer(server, binaries)
    await createOwnDatabase(server, port)
    return { url: serverUrl(server, port), stop: await guard(server) }
  } catch (error) {
    await fs.rm(home, { recursive: true, force: true })
    throw error
  }
}

async function makeTemporaryHome(account: Account | undefined): Promise<string> {
  const parent = (await canEnter(account, os.tmpdir())) ? os.tmpdir() : '/tmp'
  const home = await fs.mkdtemp(path.join(await fs.realpath(parent), 'rookery-postgres-'))
  if (account) await fs.chmod(home, 0o711)
  return home
}

async function guard(server: Server): Promise<() => Promise<void>> {
  const postmaster = await findPostmaster(server)
  const child = spawn('/bin/sh', ['-c', undertaker, 'sh', String(postmaster?.pid), server.home], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  })
  child.unref()
  const ended = once(child, 'exit')
  return async () => {
    child.stdin.end()
    await ended
  }
}
