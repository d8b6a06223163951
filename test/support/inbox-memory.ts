import { once } from 'node:events'
import { createDb, createPool } from '../../src/db/connect.ts'
import { openInbox } from './inbox.ts'
import { schemaNames } from './template.ts'

/** Peaks above idle while a mailbox was read, in bytes. */
export interface SyncMemory {
  /** Of the machine's memory, with what waits for collection. */
  resident: number
  /** In use: heap and buffers, right after collections. */
  live: number
}

// Reads a mailbox once to warm up, and twice more, each time when told; then it says what memory that took.
const [url = '', tenant_id = '', id = ''] = process.argv.slice(2)
const { gc } = globalThis
if (!gc || !process.send) throw new Error('wants --expose-gc, and a parent')
const pool = createPool({
  url,
  schema: schemaNames.schema,
  maxConnections: 2,
  applicationName: 'inbox-memory',
  onIdleError: () => {},
})
const inbox = await openInbox({ db: createDb(pool), pool, url, close: () => pool.end() })
const mailbox = { tenant_id, id } as Parameters<typeof inbox.sync>[0]

/** The most that `held` says while the mailbox is read, above what it says before. */
async function peakOf(held: () => number): Promise<number> {
  gc?.()
  const idle = held()
  let peak = idle
  const sampling = setInterval(() => {
    peak = Math.max(peak, held())
  }, 50)
  await inbox.sync(mailbox)
  clearInterval(sampling)
  return peak - idle
}

const told = () => once(process, 'message')
await inbox.sync(mailbox)
process.send('ready')
await told()
const resident = await peakOf(() => process.memoryUsage().rss)
process.send('ready')
await told()
const live = await peakOf(() => {
  // Buffers are given back by another thread, which a busy machine keeps waiting: the next collection waits for it.
  gc?.()
  gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
})
process.send({ resident, live } satisfies SyncMemory)
await inbox.close()
await pool.end()
process.disconnect()
