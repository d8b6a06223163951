import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { isNotedEpoch } from '../db/epoch.ts'
import type { Campaign } from './store.ts'

/**
 * One active campaign whose leads are not all enrolled; another planner's is passed over. None in a database that may
 * have forgotten whom it has enrolled.
 */
export async function lockCampaignToEnrol(trx: Trx): Promise<Campaign | undefined> {
  return trx
    .selectFrom('campaigns')
    .selectAll()
    .where('status', '=', 'active')
    .where('enrolled_at', 'is', null)
    .where(isNotedEpoch)
    .orderBy('started_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
}

export interface LeadToEnrol {
  id: string
  email: string
  timezone: string | null
}

/** The next leads of the campaign's audience in the order of their ids; a tag of null means all leads. */
export async function listLeadsToEnrol(
  trx: Db | Trx,
  campaign: Pick<Campaign, 'tenant_id' | 'enrolled_through'>,
  tag: string | null,
  limit: number,
): Promise<LeadToEnrol[]> {
  const { rows } = await sql<LeadToEnrol>`
    select id, email, timezone from leads
     where tenant_id = ${campaign.tenant_id}
       and id > coalesce(${campaign.enrolled_through}::uuid, '00000000-0000-0000-0000-000000000000')
       and (${tag}::text is null or tags @> array[${tag}::text])
     order by id limit ${limit}`.execute(trx)
  return rows
}

/** How many first emails are due on each day (YYYY-MM-DD) of the campaign's zone, sent or not. */
export async function listPlannedDays(
  db: Db | Trx,
  campaign: Pick<Campaign, 'tenant_id' | 'id' | 'timezone'>,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ day: string; count: number }>`
    select to_char(due_at at time zone ${campaign.timezone}, 'YYYY-MM-DD') as day, count(*)::int as count
      from emails
     where tenant_id = ${campaign.tenant_id} and campaign_id = ${campaign.id} and not is_follow_up
       and status not in ('skipped', 'failed')
     group by 1`.execute(db)
  return new Map(rows.map(({ day, count }) => [day, count]))
}

export interface RotationRow {
  id: string
  zone: string
  dailyLimit: number
  minGapSeconds: number
  gapJitter: number
  nextSlotAt: Date | null
  plannedOn: string | null
  plannedCount: number
}

/** The campaign's mailboxes in the order of their rotation, each with where the planner stands. */
export async function listRotation(
  db: Db | Trx,
  campaign: { tenantId: string; id: string },
): Promise<RotationRow[]> {
  return db
    .selectFrom('campaign_mailboxes as m')
    .innerJoin('email_accounts as a', (join) =>
      join.onRef('a.tenant_id', '=', 'm.tenant_id').onRef('a.id', '=', 'm.email_account_id'),
    )
    .select([
      'a.id',
      'a.timezone as zone',
      'a.daily_limit as dailyLimit',
      'a.min_gap_seconds as minGapSeconds',
      'a.gap_jitter as gapJitter',
      'm.next_slot_at as nextSlotAt',
      'm.planned_on as plannedOn',
      'm.planned_count as plannedCount',
    ])
    .where('m.tenant_id', '=', campaign.tenantId)
    .where('m.campaign_id', '=', campaign.id)
    .orderBy('m.position')
    .execute()
}

export interface PlannedEmail {
  id: string
  tenantId: string
  campaignId: string
  leadId: string
  stepId: string
  /** Of the step; null: it has none. */
  variant: number | null
  mailboxId: string
  lane: Campaign['lane']
  to: string
  dueAt: Date
  /** Goes before the first emails of other leads. */
  isFollowUp: boolean
}

/** Enrols leads with the plan of their first email; a lead already enrolled is left as it is, and gets no row. */
export async function insertEnrolments(trx: Trx, emails: readonly PlannedEmail[]): Promise<PlannedEmail[]> {
  const { rows } = await sql<{ lead_id: string }>`
    insert into campaign_leads (tenant_id, campaign_id, lead_id, email_account_id, next_step_id, next_due_at)
    select "tenantId", "campaignId", "leadId", "mailboxId", "stepId", "dueAt"
      from json_to_recordset(${JSON.stringify(emails)}) as i (
        "tenantId" uuid, "campaignId" uuid, "leadId" uuid, "mailboxId" uuid, "stepId" uuid, "dueAt" timestamptz)
    on conflict do nothing
    returning lead_id`.execute(trx)
  const fresh = new Set(rows.map((row) => row.lead_id))
  const inserted = emails.filter((email) => fresh.has(email.leadId))
  await insertPlannedEmails(trx, inserted)
  return inserted
}

/** Ledger rows of planned emails. Unique by campaign, lead and step: planned twice, it is there once. */
export async function insertPlannedEmails(trx: Trx, emails: readonly PlannedEmail[]): Promise<void> {
  if (emails.length === 0) return
  await sql`
    insert into emails (tenant_id, id, campaign_id, lead_id, step_id, variant, email_account_id, lane, to_address, due_at,
                        first_due_at, is_follow_up)
    select "tenantId", id, "campaignId", "leadId", "stepId", variant, "mailboxId", lane, "to", "dueAt", "dueAt",
           "isFollowUp"
      from json_to_recordset(${JSON.stringify(emails)}) as i (
        "tenantId" uuid, id uuid, "campaignId" uuid, "leadId" uuid, "stepId" uuid, variant smallint, "mailboxId" uuid, lane text,
        "to" text, "dueAt" timestamptz, "isFollowUp" boolean)
    on conflict on constraint emails_step_key do nothing`.execute(trx)
}

/** Where the planner stands after a batch: written with the batch, so that a crash repeats or loses nothing. */
export async function setEnrolmentProgress(
  trx: Trx,
  campaign: Pick<Campaign, 'tenant_id' | 'id'>,
  progress: { enrolledThrough: string | null; complete: boolean; rotation: readonly RotationState[] },
): Promise<void> {
  await sql`
    update campaigns
       set enrolled_through = coalesce(${progress.enrolledThrough}::uuid, enrolled_through),
           enrolled_at = case when ${progress.complete} then now() end, updated_at = now()
     where tenant_id = ${campaign.tenant_id} and id = ${campaign.id}`.execute(trx)
  await setRotation(trx, campaign, progress.rotation)
}

/** Where the planner stands with each mailbox. */
export async function setRotation(
  trx: Trx,
  campaign: Pick<Campaign, 'tenant_id' | 'id'>,
  rotation: readonly RotationState[],
): Promise<void> {
  await sql`
    update campaign_mailboxes m
       set next_slot_at = i."nextSlotAt", planned_on = i."plannedOn", planned_count = i."plannedCount"
      from json_to_recordset(${JSON.stringify(rotation)}) as i (
        "mailboxId" uuid, "nextSlotAt" timestamptz, "plannedOn" date, "plannedCount" int)
     where m.tenant_id = ${campaign.tenant_id} and m.campaign_id = ${campaign.id}
       and m.email_account_id = i."mailboxId"`.execute(trx)
}

export interface RotationState {
  mailboxId: string
  nextSlotAt: Date | null
  plannedOn: string | null
  plannedCount: number
}

export interface LeadToPlan {
  tenantId: string
  campaignId: string
  leadId: string
  mailboxId: string
  email: string
  leadZone: string | null
  lastSentAt: Date
  /** Away until then. */
  heldUntil: Date | null
  lane: Campaign['lane']
  campaignZone: string
  configuration: unknown
  /** The first active step behind the last one sent; null when the sequence is complete. */
  nextStepId: string | null
  nextDelay: unknown
  /** Of the variants of that step. */
  nextWeights: number[]
  seed: number
}

/** Leads whose last email was sent and whose next step is not planned yet. */
export async function lockLeadsToPlan(
  trx: Trx,
  limit: number,
  statuses: readonly Campaign['status'][] = ['active'],
): Promise<LeadToPlan[]> {
  const { rows } = await sql<LeadToPlan>`
    select cl.tenant_id as "tenantId", cl.campaign_id as "campaignId", cl.lead_id as "leadId",
           cl.email_account_id as "mailboxId", l.email, l.timezone as "leadZone", cl.last_sent_at as "lastSentAt",
           cl.held_until as "heldUntil", c.lane, c.timezone as "campaignZone", c.configuration, next.id as "nextStepId", next.delay as "nextDelay",
           next.weights as "nextWeights", c.seed
      from campaign_leads cl
      join campaigns c on c.tenant_id = cl.tenant_id and c.id = cl.campaign_id and c.status = any(${statuses}::text[])
      join leads l on l.tenant_id = cl.tenant_id and l.id = cl.lead_id
      left join campaign_steps last on last.tenant_id = cl.tenant_id and last.id = cl.last_step_id
      left join lateral (
        select s.id, s.delay, case when s.has_variants then array(
                 select v.weight from campaign_step_variants v
                  where v.tenant_id = s.tenant_id and v.step_id = s.id order by v.variant) else '{}' end as weights
          from campaign_steps s
         where s.tenant_id = cl.tenant_id and s.campaign_id = cl.campaign_id and s.is_active
           and s.position > last.position
         order by s.position limit 1
      ) next on true
     where cl.plan_at <= now() and cl.status = 'active'
     order by cl.plan_at
     limit ${limit} for update of cl skip locked`.execute(trx)
  return rows
}

/** Notes the planned follow-ups, and ends the sequences that have none. */
export async function setFollowUpsPlanned(
  trx: Trx,
  leads: readonly {
    tenantId: string
    campaignId: string
    leadId: string
    stepId: string | null
    dueAt: Date | null
  }[],
): Promise<void> {
  await sql`
    update campaign_leads cl
       set plan_at = null, next_step_id = i."stepId", next_due_at = i."dueAt",
           status = case when i."stepId" is null then 'finished' else cl.status end,
           ended_at = case when i."stepId" is null then now() end
      from json_to_recordset(${JSON.stringify(leads)}) as i (
        "tenantId" uuid, "campaignId" uuid, "leadId" uuid, "stepId" uuid, "dueAt" timestamptz)
     where cl.tenant_id = i."tenantId" and cl.campaign_id = i."campaignId" and cl.lead_id = i."leadId"`.execute(
    trx,
  )
}
