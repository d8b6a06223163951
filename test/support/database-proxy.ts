import net, { type AddressInfo, type Socket } from 'node:net'
import type { Pool } from 'pg'
import { createDb, createPool, type Db } from '../../src/db/connect.ts'
import { schemaNames } from './template.ts'

/**
 * What becomes of a COMMIT on its way to the server: `lose` cuts the connection before it arrives, `lose answer`
 * after it was carried out, `delay` cuts the client off at once and lets it arrive when released.
 */
export type CommitFate = 'pass' | 'lose' | 'lose answer' | 'delay'

export interface DatabaseProxy {
  db: Db
  pool: Pool
  /** The database as seen through the proxy, for processes of their own. */
  url: string
  /** Of the next COMMIT, and of those after it. */
  onCommit: () => CommitFate
  /** Cuts the connection of a message for which this is true. */
  cutsAt: (message: Buffer) => boolean
  /** Connections turned away so far. */
  readonly refused: number
  /** Lets the delayed COMMITs arrive. */
  release(): void
  /** Cuts the connections for which `chosen` is true, by themselves; new ones may come at once. */
  cut(chosen: () => boolean): void
  /** Cuts every connection and refuses new ones, until up again. */
  down(): void
  up(): void
  close(): Promise<void>
}

const commitMessage = Buffer.from('commit\0')

/** A way to the database that loses connections at the worst moment. */
export async function openDatabaseProxy(
  url: string,
  options: { maxConnections?: number } = {},
): Promise<DatabaseProxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const delayed: (() => void)[] = []
  let reachable = true
  let refused = 0
  const server = net.createServer((client) => {
    if (!reachable) {
      refused += 1
      client.destroy()
      return
    }
    const upstream = net.connect(Number(target.port || 5432), target.hostname)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        sockets.delete(one)
        if (one === upstream || !keepsUpstream) other.destroy()
      })
    }
    let keepsUpstream = false
    let answersLost = false
    upstream.on('data', (chunk) => {
      if (answersLost) client.destroy()
      else client.write(chunk)
    })
    client.on('data', (chunk: Buffer) => {
      if (proxy.cutsAt(chunk)) {
        client.destroy()
        return
      }
      const fate = chunk.includes(commitMessage) ? proxy.onCommit() : 'pass'
      if (fate === 'lose') client.destroy()
      if (fate === 'lose answer') answersLost = true
      if (fate === 'delay') {
        keepsUpstream = true
        client.destroy()
        delayed.push(() => upstream.write(chunk))
      } else if (fate !== 'lose') upstream.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  const pool = createPool({
    url: through.href,
    schema: schemaNames.schema,
    maxConnections: options.maxConnections ?? 5,
    applicationName: 'rookery-test-proxy',
    onIdleError: () => {},
  })
  const proxy: DatabaseProxy = {
    db: createDb(pool),
    pool,
    url: through.href,
    onCommit: () => 'pass',
    cutsAt: () => false,
    get refused() {
      return refused
    },
    release: () => {
      for (const go of delayed.splice(0)) go()
    },
    cut(chosen) {
      for (const socket of sockets) if (chosen()) socket.destroy()
    },
    down() {
      reachable = false
      for (const socket of sockets) socket.destroy()
    },
    up() {
      reachable = true
    },
    async close() {
      await pool.end()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
