import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Account, canEnter, findServerAccount } from './postgres-account.ts'
import { prepareBinaries } from './postgres-binaries.ts'
import { initialiseData, type Server } from './postgres-data.ts'
import { createOwnDatabase, serverUrl, startServer } from './postgres-server.ts'

/** Nothing here outlives a crash of the machine, so nothing waits for the disk. */
const careless = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

// Waits for the end of its standard input, then ends the server, if there is one by now, and removes all of it:
// however its parent ends, nothing is left. What is still starting gets a moment to show its number or to fail.
const undertaker = `
cat >/dev/null
[ -s "$1/ready" ] || sleep 2
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null
n=0
while [ -n "$pid" ] && [ $n -lt 200 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; n=$((n+1)); done
rm -rf "$1"`

/** A server for tests, in a directory of its own; gone after `stop`, or when this process ends in any way. */
export async function startThrowawayPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const account = await findServerAccount()
  const home = await makeTemporaryHome(account)
  const server: Server = { home, account, password: randomBytes(24).toString('base64url') }
  const stop = watchOver(home)
  try {
    const binaries = await prepareBinaries(home, account)
    await initialiseData(server, binaries, careless)
    const port = await startServer(server, binaries)
    await createOwnDatabase(server, port)
    await fs.writeFile(path.join(home, 'ready'), 'yes')
    return { url: serverUrl(server, port), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function makeTemporaryHome(account: Account | undefined): Promise<string> {
  const parent = (await canEnter(account, os.tmpdir())) ? os.tmpdir() : '/tmp'
  const home = await fs.mkdtemp(path.join(await fs.realpath(parent), 'rookery-postgres-'))
  if (account) await fs.chmod(home, 0o711)
  return home
}

function watchOver(home: string): () => Promise<void> {
  const child = spawn('/bin/sh', ['-c', undertaker, 'sh', home], {
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
