import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refreshCampaignPerformance } from '../../src/analytics/campaign-performance-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertCampaign, insertMailbox, insertTenant } from '../support/factories.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

async function insertCounted(): Promise<{ tenantId: string; campaignId: string }> {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id)
  const { campaign } = await insertCampaign(db, tenant.id, [mailbox.id])
  await sql`
    insert into campaign_analytics (tenant_id, campaign_id, sent, delivered, opened_tracked, clicked_tracked, replied,
                                    bounced, unsubscribed, complained)
    values (${tenant.id}, ${campaign.id}, 4, 3, 2, 1, 1, 1, 0, 0)`.execute(db)
  return { tenantId: tenant.id, campaignId: campaign.id }
}

test('who may read only the view sees the campaigns of its tenant, and none without one', async () => {
  const { db } = database
  const own = await insertCounted()
  await insertCounted()
  await refreshCampaignPerformance(db)
  const role = sql.id(`tenant_${randomBytes(4).toString('hex')}`)
  await db.transaction().execute(async (trx) => {
    await sql`create role ${role}`.execute(trx)
    await sql`grant usage on schema ${sql.id(await currentSchema())} to ${role}`.execute(trx)
    await sql`grant select on campaign_performance to ${role}`.execute(trx)
    await sql`set local role ${role}`.execute(trx)
    const read = () => trx.selectFrom('campaign_performance').select(['campaign_id', 'sent']).execute()
    expect(await read()).toEqual([])
    await sql`select set_config('app.current_tenant_id', ${own.tenantId}, true)`.execute(trx)
    expect(await read()).toEqual([{ campaign_id: own.campaignId, sent: 4 }])
    await sql`savepoint before_refusal`.execute(trx)
    await expect(sql`select from campaign_performance_mv`.execute(trx)).rejects.toMatchObject({
      code: '42501',
    })
    await sql`rollback to savepoint before_refusal`.execute(trx)
    await sql`reset role`.execute(trx)
    await sql`drop owned by ${role}`.execute(trx)
    await sql`drop role ${role}`.execute(trx)
  })
})

async function currentSchema(): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_schema() as name`.execute(database.db)
  return rows[0]?.name ?? ''
}
