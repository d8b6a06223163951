import { type SqlBool, sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { CampaignKey } from './store.ts'
import type { LeadFields, Sender } from './variables.ts'

/** Which leads of a tenant a campaign writes to; no tag means all of them. */
export interface Audience {
  tenantId: string
  tag: string | undefined
}

/** The next leads in the order of their ids, which is the order they are enrolled in. */
export async function listAudience(
  db: Db,
  audience: Audience,
  after: string | null,
  limit: number,
): Promise<LeadFields[]> {
  return audienceQuery(db, audience, after)
    .select(['id', 'email', 'first_name', 'last_name', 'company', 'position', 'timezone', 'metadata'])
    .orderBy('id')
    .limit(limit)
    .execute()
}

export async function countAudience(db: Db, audience: Audience, after: string | null): Promise<number> {
  const row = await audienceQuery(db, audience, after)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

function audienceQuery(db: Db, { tenantId, tag }: Audience, after: string | null) {
  let query = db.selectFrom('leads').where('tenant_id', '=', tenantId)
  if (tag !== undefined) query = query.where(sql<SqlBool>`tags @> array[${tag}]`)
  return after === null ? query : query.where('id', '>', after)
}

export interface CampaignSender extends Sender {
  mailboxId: string
}

/** The mailboxes of a campaign, in the order of their rotation, as recipients see them. */
export async function listSenders(db: Db, campaign: CampaignKey): Promise<CampaignSender[]> {
  return db
    .selectFrom('campaign_mailboxes as m')
    .innerJoin('email_accounts as a', (join) =>
      join.onRef('a.tenant_id', '=', 'm.tenant_id').onRef('a.id', '=', 'm.email_account_id'),
    )
    .select(['a.id as mailboxId', 'a.email_address as address', 'a.display_name as fromName'])
    .where('m.tenant_id', '=', campaign.tenant_id)
    .where('m.campaign_id', '=', campaign.id)
    .orderBy('m.position')
    .execute()
}
