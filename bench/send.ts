import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { newId } from '../src/core/ids.ts'
import { committed, openGround, startSink, startWorker } from './ground.ts'

export interface SendBench {
  emails: number
  mailboxes: number
  connections: number
  /** Sets a limit of every kind, so high that none is reached. */
  limits: boolean
  /** HOST:PORT of another sink. */
  smtp: string | undefined
}

/** The whole path: ledger rows, wakes, jobs, sessions, SMTP, settled. Measured from the first claim to the last settle. */
export async function benchSend(options: SendBench): Promise<Record<string, unknown>> {
  const ground = await openGround()
  const sink = options.smtp ? undefined : await startSink()
  const [host, port] = options.smtp ? splitHost(options.smtp) : [sink?.host, sink?.port]
  await fill(ground.pool, options, host ?? '', port ?? 0)
  if (options.limits) await setLimits(ground.pool)

  const scheduler = startWorker('workers/scheduler.ts', ground.env)
  const sending = startWorker('workers/sending.ts', ground.env)
  try {
    await untilFirstClaim(ground.pool)
    const commitsBefore = await committed(ground.pool)
    const cpuBefore = (await sending.usage()).cpuSeconds
    await untilSettled(ground.pool)
    const { cpuSeconds, peakMegabytes } = await sending.usage()
    await sleep(1200)
    const commits = (await committed(ground.pool)) - commitsBefore
    const times = await readTimes(ground.pool)
    const accepted = await sink?.accepted()
    return {
      emails: times.sent,
      seconds: round(times.seconds),
      'emails per second': Math.round(times.sent / times.seconds),
      'worker CPU ms per email': round(((cpuSeconds - cpuBefore) * 1000) / times.sent),
      'commits per email': round(commits / times.sent, 3),
      'claim to settled p50 ms': Math.round(times.p50),
      'claim to settled p99 ms': Math.round(times.p99),
      'worker peak MB': peakMegabytes,
      'accepted by the sink': accepted ?? 'not counted',
    }
  } finally {
    await Promise.all([sending.stop(), scheduler.stop()])
    sink?.stop()
    await ground.close()
  }
}

function splitHost(text: string): [string, number] {
  const at = text.lastIndexOf(':')
  return [text.slice(0, at), Number(text.slice(at + 1))]
}

async function fill(pool: pg.Pool, options: SendBench, host: string, port: number): Promise<void> {
  const tenantId = newId()
  const campaignId = newId()
  const stepId = newId()
  const mailboxes = Array.from({ length: options.mailboxes }, () => newId())
  const run = (text: string, values: unknown[] = []) => pool.query(text, values)
  await run('insert into tenants (id, name) values ($1, $2)', [tenantId, 'bench'])
  await run(
    `insert into email_accounts (tenant_id, id, email_address, display_name, smtp_host, smtp_port, smtp_security,
                                 max_connections, daily_limit)
     select $1, id, 'sender' || n || '@sender.test', 'Sender ' || n, $3, $4, 'none', $5, 1000000
       from unnest($2::uuid[]) with ordinality as m (id, n)`,
    [tenantId, mailboxes, host, port, options.connections],
  )
  await run(
    `insert into sending_lanes (tenant_id, email_account_id, lane)
     select $1, id, lane from unnest($2::uuid[]) id, unnest(array['high', 'normal', 'low']) lane`,
    [tenantId, mailboxes],
  )
  await run(
    `insert into campaigns (tenant_id, id, campaign_name, status, configuration, seed, started_at, enrolled_at)
     values ($1, $2, 'bench', 'active', $3, 1, now(), now())`,
    [tenantId, campaignId, JSON.stringify(configuration)],
  )
  await run(
    `insert into campaign_steps (tenant_id, id, campaign_id, position, subject, content, content_text)
     values ($1, $2, $3, 1, $4, $5, $6)`,
    [tenantId, stepId, campaignId, subject, html, text],
  )
  await run(
    `insert into leads (tenant_id, id, email, first_name, company)
     select $1, gen_random_uuid(), 'lead' || n || '@example' || n % 50 || '.test', 'First' || n, 'Company ' || n
       from generate_series(1, $2::int) n`,
    [tenantId, options.emails],
  )
  await run(
    `with numbered as (select id, email, row_number() over () - 1 as n from leads where tenant_id = $1),
          enrolled as (
            insert into campaign_leads (tenant_id, campaign_id, lead_id, email_account_id, next_step_id, next_due_at)
            select $1, $2, id, ($4::uuid[])[1 + n % array_length($4::uuid[], 1)], $3, now() from numbered)
     insert into emails (tenant_id, id, campaign_id, lead_id, step_id, email_account_id, to_address, due_at, first_due_at)
     select $1, gen_random_uuid(), $2, id, $3, ($4::uuid[])[1 + n % array_length($4::uuid[], 1)], email, now(), now()
       from numbered`,
    [tenantId, campaignId, stepId, mailboxes],
  )
  await run('analyze')
  await run(
    `insert into lane_wakes (tenant_id, email_account_id, lane) select $1, id, 'normal' from unnest($2::uuid[]) id`,
    [tenantId, mailboxes],
  )
}

async function setLimits(pool: pg.Pool): Promise<void> {
  await pool.query('update email_accounts set hourly_limit = 1000000, rolling_limit = 1000000')
  await pool.query(
    'update tenants set daily_limit = 1000000, domain_per_minute = 1000000, provider_per_minute = 1000000',
  )
  await pool.query('update campaigns set daily_limit = 1000000, new_leads_per_day = 1000000')
}

const allDay = ['00:00-24:00']
const configuration = {
  window: { mon: allDay, tue: allDay, wed: allDay, thu: allDay, fri: allDay, sat: allDay, sun: allDay },
  holidays: [],
}
const subject = '{Quick question|A question|One thing} about {{ company }}'
const paragraph =
  'We help teams like yours keep their mailboxes healthy and their campaigns on time, without a person watching. '
const text = `Hi {{ first_name | default: "there" }},\n\n${paragraph.repeat(6)}\n\nBest,\n{{ sender_name }}\n`
const html = `<p>Hi {{ first_name | default: "there" }},</p><p>${paragraph.repeat(6)}</p><p>Best,<br>{{ sender_name }}</p>`

async function untilFirstClaim(pool: pg.Pool): Promise<void> {
  while (!(await answer(pool, `select exists (select 1 from emails where claimed_at is not null) as yes`))) {
    await sleep(20)
  }
}

async function untilSettled(pool: pg.Pool): Promise<void> {
  while (
    await answer(
      pool,
      `select exists (select 1 from emails where status in ('scheduled', 'submitting')) as yes`,
    )
  ) {
    await sleep(100)
  }
}

async function answer(pool: pg.Pool, question: string): Promise<boolean> {
  return (await pool.query<{ yes: boolean }>(question)).rows[0]?.yes ?? false
}

async function readTimes(pool: pg.Pool) {
  const { rows } = await pool.query<{ sent: number; seconds: number; p50: number; p99: number }>(
    `select count(*) as sent, extract(epoch from max(v.recorded_at) - min(e.claimed_at))::float8 as seconds,
            percentile_cont(0.5) within group (order by extract(epoch from v.recorded_at - e.claimed_at) * 1000) as p50,
            percentile_cont(0.99) within group (order by extract(epoch from v.recorded_at - e.claimed_at) * 1000) as p99
       from emails e join email_events v on v.tenant_id = e.tenant_id and v.email_id = e.id and v.type = 'sent'`,
  )
  const times = rows[0]
  if (!times) throw new Error('nothing was sent')
  return times
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
