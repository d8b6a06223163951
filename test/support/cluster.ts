import { execFile } from 'node:child_process'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { findServerAccount, giveTo, runAs } from '../../src/lab/postgres-account.ts'
import { prepareBinaries } from '../../src/lab/postgres-binaries.ts'
import { dataOf, initialiseData, type Server } from '../../src/lab/postgres-data.ts'
import {
  createOwnDatabase,
  findPostmaster,
  serverUrl,
  startServer,
  stopServer,
} from '../../src/lab/postgres-server.ts'

const run = promisify(execFile)

export interface Cluster {
  server: Server
  url: string
  /** As a machine that lost its power. */
  crash(): Promise<void>
}

// Before version 16, initdb has no --set.
async function initialiseOld(server: Server, binaries: string): Promise<void> {
  const passwordFile = path.join(server.home, 'password')
  await fs.writeFile(passwordFile, server.password)
  await giveTo(server.account, passwordFile)
  const options = ['--auth=scram-sha-256', '--username=rookery', '--encoding=UTF8', '--locale=C', '--no-sync']
  const where = [`--pgdata=${dataOf(server)}`, `--pwfile=${passwordFile}`]
  await runAs(server.account, path.join(binaries, 'initdb'), [...where, ...options])
  const settings =
    "listen_addresses='127.0.0.1'\nunix_socket_directories=''\nfsync=off\nmax_connections=100\n"
  await fs.appendFile(path.join(dataOf(server), 'postgresql.conf'), settings)
}

/** Servers of a test's own in one directory; `close` ends them all and removes it. */
export async function openClusters(installed?: string) {
  const account = await findServerAccount()
  const root = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'rookery-clusters-'))
  if (account) await fs.chmod(root, 0o711)
  const binaries = installed ?? (await prepareBinaries(root, account))
  const started: Cluster[] = []

  async function newServer(name: string, password: string): Promise<Server> {
    const home = path.join(root, name)
    await fs.mkdir(home)
    await giveTo(account, home)
    return { home, account, password }
  }

  async function start(server: Server): Promise<Cluster> {
    const port = await startServer(server, binaries)
    const crash = async () => {
      const running = await findPostmaster(server)
      if (running) process.kill(running.pid, 'SIGQUIT')
      await stopServer(server)
    }
    const cluster = { server, url: serverUrl(server, port), crash }
    started.push(cluster)
    return cluster
  }

  return {
    root,
    binaries,

    async startNew(name: string): Promise<Cluster> {
      const server = await newServer(name, 'a password')
      if (installed) await initialiseOld(server, installed)
      else await initialiseData(server, binaries, { fsync: 'off' })
      const cluster = await start(server)
      await createOwnDatabase(server, Number(new URL(cluster.url).port))
      return cluster
    },

    /** A primary with a standby that streams from it, asynchronously, made of one that has stopped. */
    async startPair(name: string): Promise<{ primary: Cluster; standby: Cluster }> {
      const first = await this.startNew(name)
      await stopServer(first.server)
      const second = await newServer(`${name}-standby`, first.server.password)
      await run('cp', ['-a', dataOf(first.server), dataOf(second)])
      const primary = await start(first.server)
      await fs.writeFile(path.join(dataOf(second), 'standby.signal'), '')
      await giveTo(account, path.join(dataOf(second), 'standby.signal'))
      const { port, password, username } = new URL(primary.url)
      const source = `host=127.0.0.1 port=${port} user=${username} password=''${decodeURIComponent(password)}''`
      await fs.appendFile(
        path.join(dataOf(second), 'postgresql.auto.conf'),
        `primary_conninfo = '${source}'\n`,
      )
      return { primary, standby: await start(second) }
    },

    async close(): Promise<void> {
      for (const { server } of started) await stopServer(server)
      await fs.rm(root, { recursive: true, force: true })
    },
  }
}
