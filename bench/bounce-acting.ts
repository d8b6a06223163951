import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync } from 'node:zlib'
import type pg from 'pg'
import { newId } from '../src/core/ids.ts'
import { closeQueue, openQueue } from '../src/queue/boss.ts'
import { enqueueJobs } from '../src/queue/enqueue.ts'
import { deliveryReport } from '../test/support/delivery-reports.ts'
import { committed, type Ground, openGround, startWorker } from './ground.ts'

const mailboxes = 50
const address = (mailbox: number) => `sender${mailbox}@sender.test`

/** From stored reports to facts, events, ledger, suppressions and counters, by one bounce process. */
export async function benchBounceActing({ reports }: { reports: number }): Promise<Record<string, unknown>> {
  const ground = await openGround()
  try {
    const refs = await fill(ground.pool, reports)
    await enqueue(ground, refs)
    const commitsBefore = await committed(ground.pool)
    const worker = startWorker('workers/bounce.ts', ground.env)
    const times = await untilProcessed(ground.pool, reports)
    const { cpuSeconds, peakMegabytes } = await worker.usage()
    await worker.stop()
    await sleep(1200)
    return {
      'reports acted on': reports,
      'acted on per second': Math.round(reports / times.seconds),
      'worker CPU ms per report acted on': Number(((cpuSeconds * 1000) / reports).toFixed(2)),
      'commits per report': Number((((await committed(ground.pool)) - commitsBefore) / reports).toFixed(3)),
      suppressed: times.suppressed,
      'bounce process peak MB': peakMegabytes,
    }
  } finally {
    await ground.close()
  }
}

// Two of three are dead addresses, the others full mailboxes: as many as a bad list has.
async function fill(pool: pg.Pool, reports: number): Promise<{ tenantId: string; messageId: string }[]> {
  const tenantId = newId()
  const ids = Array.from({ length: mailboxes }, () => ({ mailbox: newId(), folder: newId() }))
  await pool.query('insert into tenants (id, name) values ($1, $2)', [tenantId, 'bench'])
  await pool.query(
    `insert into email_accounts (tenant_id, id, email_address, smtp_host, smtp_port)
     select $1, id, 'sender' || n - 1 || '@sender.test', '127.0.0.1', 25
       from unnest($2::uuid[]) with ordinality as m (id, n)`,
    [tenantId, ids.map(({ mailbox }) => mailbox)],
  )
  await pool.query(
    `insert into email_folders (tenant_id, id, email_account_id, path, folder_type)
     select $1, folder, mailbox, 'INBOX', 'inbox' from unnest($2::uuid[], $3::uuid[]) as m (folder, mailbox)`,
    [tenantId, ids.map(({ folder }) => folder), ids.map(({ mailbox }) => mailbox)],
  )
  const refs: { tenantId: string; messageId: string }[] = []
  for (let n = 0; n < reports; n += 1) {
    const own = ids[n % mailboxes]
    if (own) refs.push(await insertOne(pool, { tenantId, n, ...own }))
  }
  await pool.query('analyze')
  return refs
}

interface One {
  tenantId: string
  mailbox: string
  folder: string
  n: number
}

async function insertOne(pool: pg.Pool, { tenantId, mailbox, folder, n }: One) {
  const to = `lead${n}@example${n % 200}.test`
  const messageId = `<${newId()}@sender.test>`
  const full = { status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' }
  const report = deliveryReport({
    mailbox: address(n % mailboxes),
    recipients: [{ address: to, ...(n % 3 === 0 ? full : {}) }],
    returned: { messageId, from: address(n % mailboxes) },
  })
  const body = Buffer.from(`${report}${'The quick brown fox jumps over the lazy dog.\n'.repeat(90)}`)
  const sha256 = createHash('sha256').update(body).digest()
  const id = newId()
  await pool.query(
    `with email as (
       insert into emails (tenant_id, id, idempotency_key, kind, email_account_id, to_address, status, attempt, due_at,
                           first_due_at, claimed_at, sent_at, sent_on, message_id)
       values ($1, gen_random_uuid(), $2, 'transactional', $3, $4, 'sent', 1, now(), now(), now(), now(), current_date, $5)
     ), body as (
       insert into email_bodies (tenant_id, sha256, encoding, bytes, body) values ($1, $6, 'br', $7, $8)
     )
     insert into email_messages (tenant_id, id, email_account_id, folder_id, uid_validity, imap_uid, message_type,
                                 internal_date, size_bytes, body_sha256)
     select $1, $9, $3, $10, 1, $11, 'report', now(), $7, $6`,
    [
      tenantId,
      `key ${n}`,
      mailbox,
      to,
      messageId,
      sha256,
      body.length,
      brotliCompressSync(body),
      id,
      folder,
      n,
    ],
  )
  return { tenantId, messageId: id }
}

async function enqueue({ pool, db }: Ground, refs: readonly { tenantId: string; messageId: string }[]) {
  const queue = await openQueue(pool, {
    schema: 'rookery_queue',
    supervise: false,
    superviseIntervalSeconds: 60,
    monitorIntervalSeconds: 60,
    onError: (error) => console.error(error),
  })
  const jobs = refs.map((payload) => ({ payload }))
  await db.transaction().execute((trx) => enqueueJobs(queue, trx, 'bounce-processing', jobs))
  await closeQueue(queue)
}

async function untilProcessed(pool: pg.Pool, reports: number) {
  for (;;) {
    const { rows } = await pool.query<{ n: number; seconds: number; suppressed: number }>(
      `select count(*) as n, extract(epoch from max(processed_at) - min(processed_at))::float8 as seconds,
              (select count(*) from suppressions) as suppressed
         from email_messages where status = 'processed'`,
    )
    const [row] = rows
    if (row && Number(row.n) >= reports) return row
    await sleep(200)
  }
}
