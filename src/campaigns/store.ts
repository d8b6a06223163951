import { type Selectable, sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { CampaignsTable } from '../db/schema.ts'
import type { StepVariant } from './variants.ts'

export type Campaign = Selectable<CampaignsTable>
export type CampaignKey = Pick<Campaign, 'tenant_id' | 'id'>

export async function findCampaign(db: Db, tenantId: string, name: string): Promise<Campaign | undefined> {
  return db
    .selectFrom('campaigns')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('campaign_name', '=', name)
    .executeTakeFirst()
}

/** Newest first. */
export async function listCampaigns(db: Db, tenantId: string): Promise<Campaign[]> {
  return db
    .selectFrom('campaigns')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .execute()
}

/** Steps of a campaign in the order of their positions, with the text of their template where they have one. */
export async function listSteps(
  db: Db | Trx,
  campaign: { tenantId: string; id: string },
): Promise<StepText[]> {
  return stepTexts(db)
    .where('s.tenant_id', '=', campaign.tenantId)
    .where('s.campaign_id', '=', campaign.id)
    .where('s.is_active', '=', true)
    .orderBy('s.position')
    .execute()
}

export async function listStepsById(db: Db, ids: readonly string[]): Promise<StepText[]> {
  return ids.length === 0 ? [] : stepTexts(db).where('s.id', 'in', ids).execute()
}

export interface StepText {
  id: string
  position: number
  name: string
  subject: string
  html: string | null
  text: string | null
  delay: unknown
  quotePrevious: boolean
  variants: StepVariant[]
}

function stepTexts(db: Db | Trx) {
  return db
    .selectFrom('campaign_steps as s')
    .leftJoin('templates as t', (join) =>
      join.onRef('t.tenant_id', '=', 's.tenant_id').onRef('t.id', '=', 's.template_id'),
    )
    .select((eb) => [
      's.id',
      's.position',
      's.step_name as name',
      's.delay',
      's.quote_previous as quotePrevious',
      eb.fn
        .coalesce(eb.fn<string>('nullif', ['s.subject', eb.val('')]), 't.subject', eb.val(''))
        .as('subject'),
      eb.fn.coalesce('s.content', 't.content').as('html'),
      eb.fn.coalesce('s.content_text', 't.content_text').as('text'),
      variantsOfStep.as('variants'),
    ])
}

const variantsOfStep = sql<StepVariant[]>`coalesce((
  select json_agg(json_build_object(
           'weight', v.weight, 'subject', coalesce(nullif(v.subject, ''), t.subject, ''),
           'html', coalesce(v.content, t.content), 'text', coalesce(v.content_text, t.content_text)) order by v.variant)
    from campaign_step_variants v left join templates t on t.tenant_id = v.tenant_id and t.id = v.template_id
   where v.tenant_id = s.tenant_id and v.step_id = s.id), '[]')`

/** Lets the planner begin; false when the campaign is no draft any more. */
export async function setCampaignLaunched(db: Db | Trx, campaign: CampaignKey): Promise<boolean> {
  const row = await db
    .updateTable('campaigns')
    .set({ status: 'active', started_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where('tenant_id', '=', campaign.tenant_id)
    .where('id', '=', campaign.id)
    .where('status', '=', 'draft')
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

// A person has taken over from the guardrail, or it has let go: what made it pause does not count again.
const guardEnded = {
  guarded_from: sql<Date | null>`case when guard_paused_at is null then guarded_from else now() end`,
  guard_paused_at: null,
}

/** False when the campaign is not active, unless it was a guardrail that paused it. */
export async function setCampaignPaused(
  db: Db | Trx,
  campaign: CampaignKey,
  reason: string,
): Promise<boolean> {
  const row = await db
    .updateTable('campaigns')
    .set({ status: 'paused', status_reason: reason, updated_at: sql<Date>`now()`, ...guardEnded })
    .where('tenant_id', '=', campaign.tenant_id)
    .where('id', '=', campaign.id)
    .where((eb) => eb.or([eb('status', '=', 'active'), eb('guard_paused_at', 'is not', null)]))
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Active again, with a wake for each of its lanes; false when the campaign is not paused. */
export async function setCampaignResumed(trx: Trx, campaign: CampaignKey): Promise<boolean> {
  const row = await trx
    .updateTable('campaigns')
    .set({ status: 'active', status_reason: null, updated_at: sql<Date>`now()`, ...guardEnded })
    .where('tenant_id', '=', campaign.tenant_id)
    .where('id', '=', campaign.id)
    .where('status', '=', 'paused')
    .returning('lane')
    .executeTakeFirst()
  if (!row) return false
  await trx
    .insertInto('lane_wakes')
    .columns(['tenant_id', 'email_account_id', 'lane'])
    .expression((eb) =>
      eb
        .selectFrom('campaign_mailboxes')
        .select(['tenant_id', 'email_account_id', eb.val(row.lane).as('lane')])
        .where('tenant_id', '=', campaign.tenant_id)
        .where('campaign_id', '=', campaign.id),
    )
    .execute()
  return true
}

/** Ends campaigns all of whose leads' sequences have ended. */
export async function setCompletedCampaigns(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update campaigns c set status = 'completed', completed_at = now(), updated_at = now()
     where c.status = 'active' and c.enrolled_at is not null
       and not exists (select 1 from campaign_leads cl where cl.tenant_id = c.tenant_id and cl.campaign_id = c.id
                         and cl.status = 'active')
    returning id`.execute(db)
  return rows.map((row) => row.id)
}

/** Takes scheduled emails of paused campaigns out of the due index, a batch at a time; returns how many. */
export async function holdPausedEmails(trx: Trx, limit: number): Promise<number> {
  const { rows } = await sql`
    update emails e set status = 'held', reason_code = 'campaign_paused', error_message = 'the campaign is paused',
           held_at = now(), updated_at = now()
     where (e.tenant_id, e.id) in (
       select e2.tenant_id, e2.id from campaigns c
         join emails e2 on e2.tenant_id = c.tenant_id and e2.campaign_id = c.id and e2.status = 'scheduled'
        where c.status = 'paused'
        order by e2.tenant_id, e2.id limit ${limit} for update of e2 skip locked)
    returning 1`.execute(trx)
  return rows.length
}

export interface ReleasedLane {
  tenantId: string
  mailboxId: string
  lane: Campaign['lane']
  at: Date
}

/** Puts held emails of active campaigns back, older by no moment of the pause; returns the lanes that have work again, and from when. */
export async function releaseHeldEmails(trx: Trx, limit: number): Promise<ReleasedLane[]> {
  const { rows } = await sql<ReleasedLane>`
    with released as (
      update emails e
         set status = 'scheduled', reason_code = null, error_message = null, held_at = null, updated_at = now(),
             first_due_at = e.first_due_at
               + greatest(interval '0', now() - greatest(e.first_due_at, coalesce(e.held_at, now())))
       where (e.tenant_id, e.id) in (
         select e2.tenant_id, e2.id from campaigns c
           join emails e2 on e2.tenant_id = c.tenant_id and e2.campaign_id = c.id and e2.status = 'held'
          where c.status = 'active'
          order by e2.tenant_id, e2.id limit ${limit} for update of e2 skip locked)
      returning e.tenant_id, e.email_account_id, e.lane, e.due_at
    )
    select tenant_id as "tenantId", email_account_id as "mailboxId", lane, min(due_at) as at
      from released group by tenant_id, email_account_id, lane`.execute(trx)
  return rows
}
