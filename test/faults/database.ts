import { migrateDatabase } from '../../src/app/migrate.ts'
import { createDb, createPool, type Db } from '../../src/db/connect.ts'
import { untilAnswered } from '../../src/db/retry.ts'
import { startServer } from '../../src/lab/postgres-server.ts'
import { openClusters } from '../support/cluster.ts'
import { type DatabaseProxy, openDatabaseProxy } from '../support/database-proxy.ts'
import { schemaNames } from '../support/template.ts'

/** A PostgreSQL of the harness's own, which it can take away, and the way to it that the workers go. */
export interface FaultyDatabase {
  /** The harness's own connections, past the proxy. */
  db: Db
  proxy: DatabaseProxy
  /** For the workers. */
  url: string
  /** Stopped at once, as by a crash, and started again on the same port. */
  outage(forMs: number): Promise<void>
  close(): Promise<void>
}

export async function startFaultyDatabase(): Promise<FaultyDatabase> {
  const clusters = await openClusters()
  const cluster = await clusters.startNew('faulty')
  const pool = createPool({
    url: cluster.url,
    schema: schemaNames.schema,
    maxConnections: 4,
    applicationName: 'rookery-faults',
    onIdleError: () => {},
  })
  const db = createDb(pool)
  await migrateDatabase(pool, db, schemaNames)
  const proxy = await openDatabaseProxy(cluster.url)
  return {
    db,
    proxy,
    url: proxy.url,
    async outage(forMs) {
      await cluster.crash()
      await new Promise((resolve) => setTimeout(resolve, forMs))
      await startServer(cluster.server, clusters.binaries, Number(new URL(cluster.url).port))
      await untilAnswered(() => pool.query('select 1'))
    },
    async close() {
      await proxy.close()
      await pool.end()
      await clusters.close()
    },
  }
}
