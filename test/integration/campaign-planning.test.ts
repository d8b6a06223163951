import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type Campaign, insertCampaign, insertMailbox, insertTenant } from '../support/factories.ts'
import { openWorkerHome } from '../support/worker.ts'

const leadCount = 20_000
/** For a machine on which other tests run. */
const patience = { timeoutMs: 60_000 }
/** What a batch writes, in its order: the planner is killed in the middle of each. */
const points = [
  { table: 'campaign_leads', statement: 'insert into campaign_leads' },
  { table: 'emails', statement: 'insert into emails' },
  { table: 'lane_wakes', statement: 'insert into lane_wakes' },
  { table: 'campaigns', statement: 'update campaigns' },
  { table: 'campaign_mailboxes', statement: 'update campaign_mailboxes' },
]

let database: TestDatabase
let home: Awaited<ReturnType<typeof openWorkerHome>>

beforeAll(async () => {
  database = await createTestDatabase()
  home = await openWorkerHome(database.url)
})

afterAll(async () => {
  await home.close()
  await database.close()
})

async function launch(): Promise<Campaign> {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailboxIds: string[] = []
  for (let n = 0; n < 3; n += 1)
    mailboxIds.push((await insertMailbox(db, tenant.id, { daily_limit: leadCount })).id)
  await sql`
    insert into leads (tenant_id, id, email)
    select ${tenant.id}, gen_random_uuid(), 'lead-' || n || '@recipient.test'
      from generate_series(1, ${leadCount}) n`.execute(db)
  // Else the plans of the first batches depend on when autovacuum happens to pass.
  await sql`analyze leads`.execute(db)
  const { campaign } = await insertCampaign(db, tenant.id, mailboxIds, { steps: [{}] })
  return campaign
}

async function readProgress(campaign: Campaign) {
  const { db } = database
  const enrolled = await db
    .selectFrom('campaign_leads')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirstOrThrow()
  const { enrolled_at } = await db
    .selectFrom('campaigns')
    .select('enrolled_at')
    .where('id', '=', campaign.id)
    .executeTakeFirstOrThrow()
  return { enrolled: enrolled.count, complete: enrolled_at !== null }
}

/** Starts a scheduler, lets it plan until `wanted` leads are enrolled, and kills it as it waits to execute the statement. */
async function killAt(point: (typeof points)[number], campaign: Campaign, wanted: number): Promise<void> {
  const { db } = database
  const scheduler = home.start('scheduler')
  await eventually(async () => (await readProgress(campaign)).enrolled >= wanted, patience)
  await db.transaction().execute(async (trx) => {
    await sql`lock table ${sql.table(point.table)} in share row exclusive mode`.execute(trx)
    await eventually(async () => {
      const { rows } = await sql`
        select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like ${`%${point.statement}%`}`.execute(
        db,
      )
      return rows.length > 0
    })
    await scheduler.end('SIGKILL')
  })
}

test('planning that is killed at any point goes on without gaps or doubles', async () => {
  const campaign = await launch()
  for (const [kill, point] of points.entries()) {
    await killAt(point, campaign, (kill * leadCount) / (points.length + 1))
    expect((await readProgress(campaign)).complete).toBe(false)
  }
  home.start('scheduler')
  await eventually(async () => (await readProgress(campaign)).complete, patience)

  const { rows: planned } = await sql<{ mailbox: string; emails: number; leads: number }>`
    select cl.email_account_id as mailbox, count(e.id) as emails, count(distinct e.lead_id) as leads
      from campaign_leads cl
      left join emails e on e.campaign_id = cl.campaign_id and e.lead_id = cl.lead_id
                        and e.email_account_id = cl.email_account_id
     where cl.campaign_id = ${campaign.id} group by cl.email_account_id`.execute(database.db)
  const emails = planned.map((row) => row.emails)
  expect(emails).toEqual(planned.map((row) => row.leads))
  expect(emails.reduce((total, count) => total + count, 0)).toBe(leadCount)
  expect(Math.max(...emails) - Math.min(...emails)).toBeLessThanOrEqual(1)
  expect((await readProgress(campaign)).enrolled).toBe(leadCount)
}, 300_000)
