import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { deleteOfTenant } from '../../src/jobs/maintenance/old-events.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  // One connection: it can hand in what it has counted, and nobody reads beside it.
  database = await createTestDatabase({ maxConnections: 1 })
})
afterAll(() => database.close())

const tenant = newId()
const ours = newId()

/** Opens of so many mailboxes, 50 each, all written now, of emails sent on one day; a fifth are of none that is known as sent. */
async function insertOpens(mailboxes: readonly string[]): Promise<void> {
  await sql`
    insert into email_events (class, type, id, tenant_id, email_account_id, email_id, attempt, occurred_at, sent_on)
    select 'engagement', 'opened', gen_random_uuid(), ${tenant}, mailbox, gen_random_uuid(), 1, now(),
           case when number % 5 > 0 then '2026-03-01'::date end
      from unnest(${sql.val(mailboxes)}::uuid[]) mailbox, generate_series(1, 50) number`.execute(database.db)
}

/** Rows of these tables that were read since the last call. */
async function countRead(tables = 'email_events%'): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(database.db)
  const { rows } = await sql<{ read: number }>`
    select sum(seq_tup_read + idx_tup_fetch)::int as read from pg_stat_user_tables
     where relname like ${tables}`.execute(database.db)
  const read = rows[0]?.read ?? 0
  const since = read - readBefore
  readBefore = read
  return since
}
let readBefore = 0

test.each([1, 60])(
  'a pass reads what is new and its mailboxes (%i), not what others wrote',
  async (count) => {
    const ours = Array.from({ length: count }, () => newId())
    const reads: number[] = []
    for (const others of [40, 160, 320]) {
      await insertOpens(Array.from({ length: others }, () => newId()))
      await rollUp(database.db)
      await sql`analyze email_events`.execute(database.db)
      await sql`delete from email_events where email_account_id = any(${sql.val(ours)}::uuid[])`.execute(
        database.db,
      )
      await insertOpens(ours)
      await countRead()
      await rollUp(database.db)
      reads.push(await countRead())
    }
    // Found as new, counted by the day of sending and by the day of writing; those without a day are looked at for one.
    expect(Math.max(...reads)).toBeLessThanOrEqual(3 * 50 * count)
  },
)

test('a pass reads the stored figures of the days that it adds up, not those of other mailboxes and days', async () => {
  await sql`
    insert into daily_step_analytics (tenant_id, mailbox_id, date)
    select ${tenant}, gen_random_uuid(), '2026-03-01'::date - n % 90 from generate_series(1, 20000) n`.execute(
    database.db,
  )
  await sql`analyze daily_step_analytics`.execute(database.db)
  await insertOpens([ours])
  readBefore = 0
  await countRead('daily_step_analytics')
  await rollUp(database.db)
  expect(await countRead('daily_step_analytics')).toBeLessThan(100)
})

test('a pass reads the stored figures of the campaigns that it adds up, not those of others', async () => {
  const { db } = database
  const reads: number[] = []
  const campaign = sql`md5('campaign' || n)::uuid`
  for (const stored of [100, 300]) {
    await sql`
      insert into daily_step_analytics (tenant_id, campaign_id, mailbox_id, date)
      select ${tenant}, ${campaign}, md5('mailbox' || d % 5)::uuid, '2026-03-01'::date - d
        from generate_series(1, ${stored}::int) n, generate_series(1, 50) d on conflict do nothing`.execute(
      db,
    )
    await sql`analyze daily_step_analytics`.execute(db)
    await sql`
      insert into email_events (class, type, id, tenant_id, campaign_id, email_account_id, email_id, attempt, occurred_at, sent_on)
      select 'delivery', 'sent', gen_random_uuid(), ${tenant}, ${campaign}, gen_random_uuid(), gen_random_uuid(), 1, now(),
             '2026-03-02' from generate_series(1, 60) n`.execute(db)
    await countRead('daily_step_analytics')
    await rollUp(db)
    reads.push(await countRead('daily_step_analytics'))
  }
  // 60 campaigns with 50 days each, and a day or two of today.
  expect(Math.max(...reads)).toBeLessThan(60 * 60)
})

test('a batch of a tenant that goes is read by its mailboxes, however much others keep', async () => {
  const { db } = database
  await insertOpens(Array.from({ length: 100 }, () => newId()))
  const leaving = newId()
  await sql`
    insert into email_events (class, type, id, tenant_id, email_account_id, email_id, attempt, occurred_at, sent_on, recorded_at)
    select 'engagement', 'opened', gen_random_uuid(), ${leaving}, md5('m' || n % 40)::uuid, gen_random_uuid(), 1, now(),
           '2026-03-01', now() - n * interval '1 hour' from generate_series(1, 2000) n`.execute(db)
  await rollUp(db)
  await sql`analyze email_events`.execute(db)
  const before = new Date(Date.now() - 10 * 86_400_000)
  await countRead()
  const batch = await deleteOfTenant(db, { tenantId: leaving, before }, { limit: 100, from: null })
  expect(batch.rows).toBe(100)
  // Found, read again by the deletion, with what else these mailboxes have of that time.
  expect(await countRead()).toBeLessThan(500)
})
