import { spawn } from 'node:child_process'
import { createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { newId } from '../src/core/ids.ts'
import { createSealer } from '../src/secrets/sealer.ts'
import { openGround, startWorker, type Worker } from './ground.ts'

export interface SyncBench {
  mailboxes: number
  /** New messages in each mailbox at the first sweep. */
  messages: number
}

/** Every mailbox is due at once: how long one inbox process takes for all of them, with new mail and without. */
export async function benchSync({ mailboxes, messages }: SyncBench): Promise<Record<string, unknown>> {
  const ground = await openGround()
  const farm = await startFarm(mailboxes, messages)
  const key = randomBytes(32)
  await fill(ground.pool, mailboxes, farm.port, key)
  // All mailboxes of the lab lie on one server.
  const share = { ROOKERY_INBOX_SHARE_OF_SLOTS: '1' }
  const env = { ...ground.env, ...share, ROOKERY_MASTER_KEY: key.toString('base64') }
  const scheduler = startWorker('workers/scheduler.ts', env)
  const inbox = startWorker('workers/inbox.ts', env)
  try {
    const first = await sweep(ground.pool, inbox)
    const second = await sweep(ground.pool, inbox)
    const { rows } = await ground.pool.query<{ n: number }>('select count(*) as n from email_messages')
    return {
      mailboxes,
      'first sweep seconds': round(first.seconds),
      'messages stored': rows[0]?.n,
      'sweep without news seconds': round(second.seconds),
      'mailboxes per second': Math.round(mailboxes / second.seconds),
      'inbox CPU ms per sync': round((second.cpuSeconds * 1000) / mailboxes),
      'inbox peak MB': second.peakMegabytes,
    }
  } finally {
    await Promise.all([inbox.stop(), scheduler.stop()])
    farm.stop()
    await ground.close()
  }
}

async function sweep(pool: pg.Pool, inbox: Worker) {
  const before = (await inbox.usage()).cpuSeconds
  const { rows } = await pool.query<{ now: string }>(
    'with due as (update email_accounts set next_sync_at = now()) select now()::text as now',
  )
  const startedMs = performance.now()
  const unswept =
    'select exists (select 1 from email_accounts where coalesce(last_synced_at, $1) <= $1) as yes'
  while ((await pool.query<{ yes: boolean }>(unswept, [rows[0]?.now])).rows[0]?.yes) await sleep(200)
  const seconds = (performance.now() - startedMs) / 1000
  const { cpuSeconds, peakMegabytes } = await inbox.usage()
  return { seconds, cpuSeconds: cpuSeconds - before, peakMegabytes }
}

async function startFarm(mailboxes: number, messages: number): Promise<{ port: number; stop(): void }> {
  const file = path.join(import.meta.dirname, 'imap-farm-process.ts')
  const child = spawn(process.execPath, [file, `${mailboxes}`, `${messages}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  return { port, stop: () => child.kill() }
}

async function fill(pool: pg.Pool, count: number, port: number, key: Buffer): Promise<void> {
  const tenantId = newId()
  const sealer = createSealer(createSecretKey(key))
  const ids = Array.from({ length: count }, () => newId())
  await pool.query('insert into tenants (id, name) values ($1, $2)', [tenantId, 'bench'])
  await pool.query(
    `insert into email_accounts (tenant_id, id, email_address, smtp_host, smtp_port, smtp_security, imap_host, imap_port,
                                 imap_security, sync_interval_seconds, next_sync_at)
     select $1, id, 'sender' || n || '@sender.test', '127.0.0.1', 25, 'none', '127.0.0.1', $3, 'none', 86400, 'infinity'
       from unnest($2::uuid[]) with ordinality as m (id, n)`,
    [tenantId, ids, port],
  )
  const sealed = ids.map((mailboxId) =>
    sealer.seal('lab password', { tenantId, mailboxId, field: 'imap_password' }),
  )
  await pool.query(
    `insert into mailbox_credentials (tenant_id, email_account_id, field, key_id, sealed)
     select $1, id, 'imap_password', $4, sealed from unnest($2::uuid[], $3::bytea[]) as c (id, sealed)`,
    [tenantId, ids, sealed, sealer.keyId],
  )
  await pool.query('analyze')
}

const round = (value: number): number => Number(value.toFixed(1))
