import { createDb, createPool } from '../../src/db/connect.ts'
import { schemaNames } from './template.ts'
import { openWarmup } from './warmup.ts'

// One round of a mailbox, in a process that can be killed: `node warmup-round-process.ts URL TENANT MAILBOX`.
const [url = '', tenantId = '', mailboxId = ''] = process.argv.slice(2)
const pool = createPool({
  url,
  schema: schemaNames.schema,
  maxConnections: 2,
  applicationName: 'round',
  onIdleError: () => {},
})
await openWarmup(createDb(pool)).round({ tenant_id: tenantId, id: mailboxId })
await pool.end()
