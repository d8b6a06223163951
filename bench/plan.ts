import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { newId } from '../src/core/ids.ts'
import { committed, openGround, startWorker } from './ground.ts'

/** Planning of a launched campaign by a real scheduler process: from the launch to the last ledger row. */
export async function benchPlan({ leads }: { leads: number }): Promise<Record<string, unknown>> {
  const ground = await openGround()
  const campaign = await fill(ground.pool, leads)
  const scheduler = startWorker('workers/scheduler.ts', { ...ground.env, ROOKERY_SCHEDULER_PLANNER_MS: '50' })
  try {
    await sleep(1500) // the scheduler idles
    const cpuBefore = (await scheduler.usage()).cpuSeconds
    const commitsBefore = await committed(ground.pool)
    await ground.pool.query(
      `update campaigns set status = 'active', started_at = clock_timestamp() where id = $1`,
      [campaign],
    )
    while (!(await isEnrolled(ground.pool, campaign))) await sleep(50)
    const { cpuSeconds, peakMegabytes } = await scheduler.usage()
    await sleep(1200)
    const commits = (await committed(ground.pool)) - commitsBefore
    const { planned, seconds } = await readPlan(ground.pool, campaign)
    return {
      leads: planned,
      seconds: Number(seconds.toFixed(2)),
      'leads per second': Math.round(planned / seconds),
      'scheduler CPU ms per lead': Number((((cpuSeconds - cpuBefore) * 1000) / planned).toFixed(3)),
      commits,
      'scheduler peak MB': peakMegabytes,
    }
  } finally {
    await scheduler.stop()
    await ground.close()
  }
}

async function fill(pool: pg.Pool, leads: number): Promise<string> {
  const tenantId = newId()
  const campaignId = newId()
  const hours = ['09:00-17:00']
  const configuration = {
    window: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours },
    holidays: [],
  }
  await pool.query(`insert into tenants (id, name) values ($1, 'bench')`, [tenantId])
  await pool.query(
    `with mailboxes as (
       insert into email_accounts (tenant_id, id, email_address, smtp_host, smtp_port, smtp_security, daily_limit,
                                   min_gap_seconds)
       select $1, gen_random_uuid(), 'sender' || n || '@sender.test', '127.0.0.1', 25, 'none', 400, 45
         from generate_series(1, 20) n
       returning id),
     lanes as (
       insert into sending_lanes (tenant_id, email_account_id, lane)
       select $1, id, lane from mailboxes, unnest(array['high', 'normal', 'low']) lane),
     campaign as (
       insert into campaigns (tenant_id, id, campaign_name, configuration, seed, timezone)
       values ($1, $2, 'bench', $3, 1, 'Europe/Berlin')),
     rotation as (
       insert into campaign_mailboxes (tenant_id, campaign_id, email_account_id, position)
       select $1, $2, id, row_number() over () from mailboxes)
     insert into campaign_steps (tenant_id, id, campaign_id, position, subject, content_text)
     values ($1, $4, $2, 1, 'Hello', 'Hello {{ first_name }}')`,
    [tenantId, campaignId, JSON.stringify(configuration), newId()],
  )
  await pool.query(
    `insert into leads (tenant_id, id, email, first_name, timezone)
     select $1, gen_random_uuid(), 'lead' || n || '@example' || n % 500 || '.test', 'First' || n,
            (array['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', null])[1 + n % 4]
       from generate_series(1, $2::int) n`,
    [tenantId, leads],
  )
  await pool.query('analyze')
  return campaignId
}

async function isEnrolled(pool: pg.Pool, campaignId: string): Promise<boolean> {
  const { rows } = await pool.query<{ done: boolean }>(
    'select enrolled_at is not null as done from campaigns where id = $1',
    [campaignId],
  )
  return rows[0]?.done ?? false
}

async function readPlan(pool: pg.Pool, campaignId: string): Promise<{ planned: number; seconds: number }> {
  const { rows } = await pool.query<{ planned: number; seconds: number }>(
    `select count(*) as planned, extract(epoch from c.enrolled_at - c.started_at)::float8 as seconds
       from campaigns c join emails e on e.tenant_id = c.tenant_id and e.campaign_id = c.id
      where c.id = $1 group by c.id, c.enrolled_at, c.started_at`,
    [campaignId],
  )
  const plan = rows[0]
  if (!plan) throw new Error('nothing was planned')
  return plan
}
