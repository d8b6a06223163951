import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openGround, startWorker } from './ground.ts'
import { startFarm } from './imap-farm.ts'
import { insertMailboxes } from './mailboxes.ts'

export interface WarmupBench {
  mailboxes: number
  /** Warmup messages in each mailbox; every fifth lies in Junk. */
  messages: number
}

/** Messages that a mailbox of a pool gets on a day. */
const messagesADay = 20
const servedMailboxes = 2000
const daySeconds = 86_400

/**
 * Every mailbox is due at once, three times: its messages are found, then rescued, read and flagged, and filed, those from
 * Junk the time after. One warmup process does it all, a session for each mailbox and time.
 */
export async function benchWarmup({ mailboxes, messages }: WarmupBench): Promise<Record<string, unknown>> {
  const ground = await openGround()
  const farm = await startFarm(mailboxes, messages, 'warmup')
  const key = randomBytes(32)
  await fill(ground.pool, { mailboxes, messages }, farm.port, key)
  // All mailboxes of the lab lie on one server.
  const share = { ROOKERY_WARMUP_SHARE_OF_SLOTS: '1' }
  const env = { ...ground.env, ...share, ROOKERY_MASTER_KEY: key.toString('base64') }
  const scheduler = startWorker('workers/scheduler.ts', env)
  const warmup = startWorker('workers/warmup.ts', env)
  try {
    const seconds = []
    for (let time = 0; time < 3; time += 1) seconds.push(await sweep(ground.pool))
    const { cpuSeconds, peakMegabytes } = await warmup.usage()
    return figures(mailboxes, seconds, await countInteractions(ground.pool), cpuSeconds, peakMegabytes)
  } finally {
    await Promise.all([warmup.stop(), scheduler.stop()])
    farm.stop()
    await ground.close()
  }
}

function figures(
  mailboxes: number,
  seconds: readonly number[],
  interactions: number,
  cpuSeconds: number,
  peakMegabytes: number,
): Record<string, unknown> {
  const total = seconds.reduce((sum, one) => sum + one, 0)
  const rounds = mailboxes * seconds.length
  // At worst each message is found, opened and filed in a round of its own.
  const needed = servedMailboxes * messagesADay * 3
  return {
    mailboxes,
    'seconds: found, opened, filed': seconds.map((one) => one.toFixed(1)).join(', '),
    'rounds a second': Math.round(rounds / total),
    'interactions a second': Math.round(interactions / total),
    'CPU ms a round': round((cpuSeconds * 1000) / rounds),
    'peak MB': peakMegabytes,
    'interactions a day at this rate': Math.round((interactions / total) * daySeconds),
    [`busy hours of a day with ${servedMailboxes} mailboxes, ${messagesADay} messages each, 3 rounds a message`]:
      round(needed / (rounds / total) / 3600),
  }
}

/** How long a round of every mailbox takes. What waits for its time does not wait any longer. */
async function sweep(pool: pg.Pool): Promise<number> {
  await pool.query(
    `update warmup_exchanges
        set found_at = found_at - interval '1 day', act_after = act_after - interval '1 day',
            planned_at = planned_at - interval '1 hour'`,
  )
  const { rows } = await pool.query<{ now: string }>(
    'with due as (update warmup_accounts set next_round_at = now()) select now()::text as now',
  )
  const startedMs = performance.now()
  const waiting =
    'select exists (select 1 from warmup_accounts where coalesce(last_round_at, $1) <= $1) as yes'
  while ((await pool.query<{ yes: boolean }>(waiting, [rows[0]?.now])).rows[0]?.yes) await sleep(200)
  return (performance.now() - startedMs) / 1000
}

async function countInteractions(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count(*) as n from warmup_interactions')
  return Number(rows[0]?.n)
}

async function fill(
  pool: pg.Pool,
  { mailboxes, messages }: WarmupBench,
  port: number,
  key: Buffer,
): Promise<void> {
  const { tenantId, ids } = await insertMailboxes(pool, mailboxes, port, key)
  await pool.query(
    `insert into warmup_accounts (tenant_id, email_account_id, started_on, seed, reply_share, next_round_at)
     select $1, id, current_date, n, 0, 'infinity' from unnest($2::uuid[]) with ordinality as m (id, n)`,
    [tenantId, ids],
  )
  await pool.query(
    `insert into warmup_exchanges (tenant_id, id, email_account_id, side, token, thread_token, partner_mailbox,
                                   partner_domain, partner_provider, plan_date, planned_at)
     select $1, gen_random_uuid(), id, 'receiver', token, token, 'bea@elsewhere.test', 'elsewhere.test', 'other',
            current_date, now() - interval '1 hour'
       from unnest($2::uuid[]) with ordinality as m (id, n), generate_series(0, $3 - 1) as at,
            format('m%s-%s', n, at) as token`,
    [tenantId, ids, messages],
  )
  await pool.query('analyze')
}

const round = (value: number): number => Number(value.toFixed(1))
