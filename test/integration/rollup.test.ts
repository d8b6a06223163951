import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import type { Db, Trx } from '../../src/db/connect.ts'
import { audit, rebuild, rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertMailbox, insertTenant, type Mailbox } from '../support/factories.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 12 })
  mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
})
afterAll(() => database.close())

const always = { from: '2000-01-01', to: '2100-01-01' }
const types = ['sent', 'bounced', 'opened', 'clicked', 'replied', 'unsubscribed', 'complained'] as const

interface Told {
  type: (typeof types)[number]
  email: number
  day: number
  campaign: number | null
  machine: boolean
}

const emails = Array.from({ length: 6 }, () => newId())
const campaigns = [newId(), newId()]
const steps = [newId(), newId()]

async function tell(db: Db | Trx, { type, email, day, campaign, machine }: Told): Promise<void> {
  await db
    .insertInto('email_events')
    .values({
      class: type === 'sent' || type === 'bounced' ? 'delivery' : 'engagement',
      type,
      machine,
      id: newId(),
      tenant_id: mailbox.tenant_id,
      email_account_id: mailbox.id,
      email_id: emails[email] ?? '',
      campaign_id: campaign === null ? null : (campaigns[campaign] ?? null),
      step_id: campaign === null ? null : (steps[email % 2] ?? null),
      attempt: 1,
      // Some of them in the future.
      occurred_at: new Date(Date.now() + (day - 2) * 86_400_000),
      sent_on: `2026-03-0${day + 1}`,
    })
    .execute()
}

// Read from the events without any of the code that counts.
async function countByHand() {
  const { rows } = await sql<{ date: string; sent: number; opened: number; opens: number; replied: number }>`
    select sent_on as date, count(distinct email_id) filter (where type = 'sent') as sent,
           count(distinct (campaign_id, email_id)) filter (where type = 'opened' and not machine) as opened,
           count(*) filter (where type = 'opened' and not machine) as opens,
           count(distinct (campaign_id, email_id)) filter (where type = 'replied') as replied
      from email_events group by 1 order by 1`.execute(database.db)
  return rows.map(({ date, opened, opens, replied }) => ({ date, opened, opens, replied }))
}

async function readStored() {
  const { rows } = await sql<{ date: string; opened: number; opens: number; replied: number }>`
    select date, sum(emails_opened) as opened, sum(total_opens) as opens, sum(emails_replied) as replied
      from daily_analytics group by 1
    having sum(emails_sent + emails_bounced + total_opens + machine_opens + total_clicks + machine_clicks
               + total_replies + emails_unsubscribed + emails_complained) > 0 order by 1`.execute(database.db)
  return rows.map((row) => ({
    date: row.date,
    opened: Number(row.opened),
    opens: Number(row.opens),
    replied: Number(row.replied),
  }))
}

const told = fc.record({
  type: fc.constantFrom(...types),
  email: fc.nat(5),
  day: fc.nat(4),
  campaign: fc.constantFrom(0, 1, null),
  machine: fc.boolean(),
})
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('tell' as const), told, writer: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('end' as const), writer: fc.nat(3), kept: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('pass' as const, 'passes' as const, 'killed' as const, 'rebuild' as const),
    }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never
type Writer = Awaited<ReturnType<typeof openTransaction>>

/** Writers keep their transactions open across passes; passes run at once, and are killed. */
async function play(steps: readonly Step[]): Promise<void> {
  const writers = new Map<number, Writer>()
  const end = async (number: number, kept: boolean) => {
    const writer = writers.get(number)
    writers.delete(number)
    await (kept ? writer?.commit() : writer?.rollback())
  }
  for (const one of steps) {
    if (one.what === 'tell') {
      const writer = writers.get(one.writer) ?? (await openTransaction(database.db))
      writers.set(one.writer, writer)
      await tell(writer.trx, one.told)
    } else if (one.what === 'end') await end(one.writer, one.kept)
    else if (one.what === 'pass') await rollUp(database.db)
    else if (one.what === 'rebuild') await rebuild(database.db)
    else if (one.what === 'passes') await Promise.all([rollUp(database.db), rollUp(database.db)])
    else await killPass()
  }
  for (const number of [...writers.keys()]) await end(number, true)
}

/** A pass whose connection is cut after the daily rows and before the sums; it begins anew. */
async function killPass(): Promise<void> {
  const { db } = database
  const held = await openTransaction(db)
  await sql`lock table campaign_analytics in exclusive mode`.execute(held.trx)
  let ended = false
  const pass = rollUp(db).finally(() => {
    ended = true
  })
  await eventually(async () => {
    if (ended) return true
    const { rows } = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and ${held.pid}::int = any(pg_blocking_pids(pid))`.execute(db)
    return rows.length > 0
  })
  await held.rollback()
  await pass
}

test('whatever is told late, doubled, out of order or beside passes that are killed, the figures are those of the events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      await play(steps)
      expect(await audit(database.db, always)).toEqual([])
      expect(await readStored()).toEqual(await countByHand())
    }),
    { numRuns: 12 },
  )
})
