import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openGround, startWorker, type Worker } from './ground.ts'
import { startFarm } from './imap-farm.ts'
import { insertMailboxes } from './mailboxes.ts'

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
  await insertMailboxes(ground.pool, mailboxes, farm.port, key)
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

const round = (value: number): number => Number(value.toFixed(1))
