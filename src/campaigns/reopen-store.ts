import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { CampaignKey } from './store.ts'

/** Before emails and enrolments: who ends campaigns, or takes mailboxes from them, waits. */
export async function lockCampaign(trx: Trx, { tenant_id, id }: CampaignKey): Promise<void> {
  await sql`select id from campaigns where tenant_id = ${tenant_id} and id = ${id} for update`.execute(trx)
}

/** A campaign that was completed goes on: it has sequences again that have not ended. */
export async function setCampaignReopened(trx: Trx, { tenant_id, id }: CampaignKey): Promise<void> {
  await sql`
    update campaigns set status = 'active', completed_at = null, updated_at = now()
     where tenant_id = ${tenant_id} and id = ${id} and status = 'completed'`.execute(trx)
}
