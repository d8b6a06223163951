import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'
import type { Db, Trx } from '../db/connect.ts'
import { isNotedEpoch } from '../db/epoch.ts'
import { toJson } from '../db/json.ts'
import { rampOfAccount } from '../db/ramp-policy.ts'
import type { Budget } from './charge.ts'
import type { Candidate, CandidateCampaign, CandidateLead, ThreadMessage } from './claim.ts'
import type { LaneBlock, LaneState } from './lane-state.ts'

export interface LaneRef {
  tenantId: string
  mailboxId: string
  lane: 'high' | 'normal' | 'low'
}

/** The lanes' mailboxes, pauses and limits, and the database's time, which is the time of the claim. */
export async function listLaneStates(
  trx: Trx,
  lanes: readonly LaneRef[],
): Promise<{ now: Date; sameEpoch: boolean; states: LaneState[] }> {
  const { rows } = await sql<LaneStateRow>`
    select a.tenant_id, a.id as mailbox_id, l.lane, t.status as tenant_status, a.status, a.status_reason,
           a.paused_until, l.blocked_until, l.blocked_code, h.opened_until, a.email_address, a.warmup_status, a.timezone,
           a.daily_limit, a.rolling_limit, a.hourly_limit, a.min_gap_seconds, a.gap_jitter, clock_timestamp() as now,
           t.timezone as tenant_timezone, t.daily_limit as tenant_daily_limit, t.domain_per_minute, t.provider_per_minute,
           exists (select 1 from campaigns c where c.tenant_id = t.id and c.status = 'active'
                      and (c.daily_limit is not null or c.new_leads_per_day is not null)) as limited_campaigns,
           ${isNotedEpoch} as same_epoch, ${rampOfAccount} as ramp
      from unnest(${lanes.map((lane) => lane.mailboxId)}::uuid[], ${lanes.map((lane) => lane.lane)}::text[])
             as wanted (mailbox_id, lane)
      join sending_lanes l on l.email_account_id = wanted.mailbox_id and l.lane = wanted.lane
      join email_accounts a on a.tenant_id = l.tenant_id and a.id = l.email_account_id
      join tenants t on t.id = a.tenant_id
      left join smtp_hosts h on h.host = a.smtp_host and h.port = a.smtp_port`.execute(trx)
  const [first] = rows
  return {
    now: first?.now ?? new Date(),
    sameEpoch: first?.same_epoch ?? false,
    states: rows.map(toLaneState),
  }
}

interface LaneStateRow {
  tenant_id: string
  mailbox_id: string
  lane: LaneState['lane']
  tenant_status: LaneState['tenantStatus']
  status: LaneState['status']
  status_reason: string | null
  paused_until: Date | null
  blocked_until: Date | null
  blocked_code: string | null
  opened_until: Date | null
  email_address: string
  warmup_status: LaneState['warmupStatus']
  timezone: string
  daily_limit: number
  rolling_limit: number | null
  hourly_limit: number | null
  min_gap_seconds: number
  gap_jitter: number
  tenant_timezone: string
  tenant_daily_limit: number | null
  domain_per_minute: number | null
  provider_per_minute: number | null
  limited_campaigns: boolean
  now: Date
  same_epoch: boolean
  ramp: RampPolicy | null
}

function toLaneState(row: LaneStateRow): LaneState {
  return {
    tenantId: row.tenant_id,
    mailboxId: row.mailbox_id,
    lane: row.lane,
    tenantStatus: row.tenant_status,
    status: row.status,
    statusReason: row.status_reason,
    pausedUntil: row.paused_until,
    blockedUntil: row.blocked_until,
    blockedCode: row.blocked_code,
    hostOpenedUntil: row.opened_until,
    emailAddress: row.email_address,
    warmupStatus: row.warmup_status,
    limits: {
      mailboxId: row.mailbox_id,
      timezone: row.timezone,
      dailyLimit: row.daily_limit,
      rollingLimit: row.rolling_limit,
      hourlyLimit: row.hourly_limit,
      minGapSeconds: row.min_gap_seconds,
      gapJitter: row.gap_jitter,
      ramp: row.ramp,
    },
    tenant: {
      timezone: row.tenant_timezone,
      dailyLimit: row.tenant_daily_limit,
      domainPerMinute: row.domain_per_minute,
      providerPerMinute: row.provider_per_minute,
      hasLimitedCampaigns: row.limited_campaigns,
    },
  }
}

/** Makes sure the rows exist. Before any lock, and in key order: inserters of one key wait for each other. */
export async function insertMissingBudgets(
  trx: Trx,
  budgets: readonly { key: string; tenantId: string }[],
): Promise<void> {
  const sorted = [...budgets].sort((a, b) => (a.key < b.key ? -1 : 1))
  await sql`
    insert into send_budgets (key, tenant_id)
    select * from unnest(${sorted.map((budget) => budget.key)}::text[], ${sorted.map((budget) => budget.tenantId)}::uuid[])
    on conflict (key) do nothing`.execute(trx)
}

/**
 * Locks budgets in key order, in a statement of their own: what is decided next reads rows that
 * nobody can change any more. (After a lock wait READ COMMITTED refreshes only the locked row.)
 */
export async function lockBudgets(trx: Trx, keys: readonly string[]): Promise<Map<string, Budget>> {
  const { rows } = await sql<Budget>`
    select key, used, buckets, bucket_at as "bucketAt", ready_at as "readyAt"
      from send_budgets where key = any(${keys}::text[]) order by key for update`.execute(trx)
  return new Map(rows.map((row) => [row.key, row]))
}

export async function setBudgets(trx: Trx, budgets: readonly Budget[]): Promise<void> {
  if (budgets.length === 0) return
  const rows = budgets.map((budget) => ({ ...budget, buckets: `{${budget.buckets.join(',')}}` }))
  await sql`
    update send_budgets b
       set used = i.used, buckets = i.buckets::int[], bucket_at = i."bucketAt", ready_at = i."readyAt",
           updated_at = now()
      from json_to_recordset(${JSON.stringify(rows)}) as i (
        key text, used int, buckets text, "bucketAt" timestamptz, "readyAt" timestamptz)
     where b.key = i.key`.execute(trx)
}

export interface LanePick extends LaneRef {
  count: number
}

/**
 * Locks the oldest due emails of each lane, up to its grant, and reads what decides about them.
 * The lateral pick walks emails_due_idx: its cost is the number picked, not the number waiting.
 */
export async function lockDueEmails(trx: Trx, picks: readonly LanePick[], now: Date): Promise<Candidate[]> {
  const { rows } = await sql<CandidateRow>`
    select e.*, s.reason as suppressed_by, cl.status as enrolment_status, cl.stopped_reason as enrolment_reason,
           case when c.id is not null then json_build_object('id', c.id, 'status', c.status,
             'timezone', c.timezone, 'seed', c.seed, 'configuration', c.configuration,
             'dailyLimit', c.daily_limit, 'newLeadsPerDay', c.new_leads_per_day) end as campaign,
           case when ld.id is not null then json_build_object('id', ld.id, 'email', ld.email,
             'first_name', ld.first_name, 'last_name', ld.last_name, 'company', ld.company,
             'position', ld.position, 'timezone', ld.timezone, 'metadata', ld.metadata) end as lead,
           coalesce(rd.provider, e.to_domain) as recipient_provider,
           case when rc.provider is not null
             then json_build_object('until', rc.until_at, 'reason', rc.reason) end as provider_cooldown,
           coalesce(thread.messages, '[]') as thread
      from unnest(${picks.map((pick) => pick.mailboxId)}::uuid[], ${picks.map((pick) => pick.lane)}::text[],
                  ${picks.map((pick) => pick.count)}::int[]) as wanted (mailbox_id, lane, count)
     cross join lateral (
       select * from (
         select ${candidateColumns} from emails
          where email_account_id = wanted.mailbox_id and lane = wanted.lane and status = 'scheduled' and due_at <= ${now}
            and is_follow_up
          order by due_at
          limit wanted.count
            for update skip locked
       ) follow_up
       union all
       select * from (
         select ${candidateColumns} from emails
          where email_account_id = wanted.mailbox_id and lane = wanted.lane and status = 'scheduled' and due_at <= ${now}
            and not is_follow_up
          order by due_at
          limit wanted.count
            for update skip locked
       ) other
       limit wanted.count
     ) e
      left join lateral (
        select reason from suppressions
         where value in (lower(e.to_address), e.to_domain)
           and scope = case when value = lower(e.to_address) then 'address' else 'domain' end
           and (tenant_id = e.tenant_id or tenant_id is null) and (expires_at is null or expires_at > now())
         limit 1
      ) s on true
      left join recipient_domains rd on rd.domain = e.to_domain
      left join recipient_cooldowns rc
        on rc.tenant_id = e.tenant_id and rc.provider = coalesce(rd.provider, e.to_domain)
      left join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
      left join leads ld on ld.tenant_id = e.tenant_id and ld.id = e.lead_id
      left join campaign_leads cl
        on cl.tenant_id = e.tenant_id and cl.campaign_id = e.campaign_id and cl.lead_id = e.lead_id
      left join lateral (
        select json_agg(json_build_object('stepId', p.step_id, 'variant', p.variant, 'subject', p.subject, 'sentAt', p.sent_at,
                 'messageId', coalesce(p.server_message_id, p.message_id)) order by p.sent_at) as messages
          from emails p
         where p.tenant_id = e.tenant_id and p.campaign_id = e.campaign_id and p.lead_id = e.lead_id
           and p.status = 'sent' and cl.last_step_id is not null
      ) thread on true
     order by e.is_follow_up desc, e.due_at`.execute(trx)
  return rows.map(toCandidate)
}

const candidateColumns = sql.raw(`
  tenant_id, id, kind, email_account_id, lane, to_address, to_domain, due_at, first_due_at, is_follow_up, attempt,
  transient_failures, message_id, ref, content, campaign_id, lead_id, step_id, variant`)

interface CandidateRow {
  tenant_id: string
  id: string
  kind: Candidate['kind']
  email_account_id: string
  lane: Candidate['lane']
  to_address: string
  to_domain: string
  is_follow_up: boolean
  recipient_provider: string
  provider_cooldown: { until: string; reason: string } | null
  due_at: Date
  first_due_at: Date
  attempt: number
  transient_failures: number
  message_id: string | null
  ref: string | null
  content: unknown
  step_id: string | null
  variant: number | null
  suppressed_by: string | null
  enrolment_status: Candidate['enrolmentStatus']
  enrolment_reason: string | null
  campaign: CandidateCampaign | null
  lead: CandidateLead | null
  thread: (Omit<ThreadMessage, 'sentAt'> & { sentAt: string })[]
}

function toCandidate(row: CandidateRow): Candidate {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    kind: row.kind,
    mailboxId: row.email_account_id,
    lane: row.lane,
    to: row.to_address,
    toDomain: row.to_domain,
    isFollowUp: row.is_follow_up,
    recipientProvider: row.recipient_provider,
    providerCooldown: row.provider_cooldown && {
      ...row.provider_cooldown,
      until: new Date(row.provider_cooldown.until),
    },
    dueAt: row.due_at,
    firstDueAt: row.first_due_at,
    attempt: row.attempt,
    transientFailures: row.transient_failures,
    messageId: row.message_id,
    ref: row.ref,
    content: row.content,
    stepId: row.step_id,
    variant: row.variant,
    suppressedBy: row.suppressed_by,
    enrolmentStatus: row.enrolment_status,
    enrolmentReason: row.enrolment_reason,
    campaign: row.campaign,
    lead: row.lead,
    thread: row.thread.map((message) => ({ ...message, sentAt: new Date(message.sentAt) })),
  }
}

export interface ClaimRow {
  tenantId: string
  id: string
  claimId: string
  messageId: string
  ref: string
  budgetKeys: readonly string[]
}

/**
 * Writes the intent to send. From here on the email is never submitted again unless proven not sent.
 * `now` is the moment whose budgets were charged: by it a rolling budget knows where to give back.
 */
export async function setClaimed(
  trx: Trx,
  claims: readonly ClaimRow[],
  leaseSeconds: number,
  now: Date,
): Promise<void> {
  if (claims.length === 0) return
  const rows = claims.map((claim) => ({ ...claim, budgetKeys: `{${claim.budgetKeys.join(',')}}` }))
  await sql`
    update emails e
       set status = 'submitting', attempt = e.attempt + 1, claim_id = i."claimId", claimed_at = ${now},
           lease_until = clock_timestamp() + ${leaseSeconds} * interval '1 second', message_id = i."messageId",
           ref = i.ref, budget_keys = i."budgetKeys"::text[], reason_code = null, error_message = null,
           updated_at = now()
      from json_to_recordset(${JSON.stringify(rows)}) as i (
        "tenantId" uuid, id uuid, "claimId" uuid, "messageId" text, ref text, "budgetKeys" text)
     where e.tenant_id = i."tenantId" and e.id = i.id`.execute(trx)
}

export interface Postponement {
  tenantId: string
  id: string
  status: 'scheduled' | 'held'
  /** Null leaves the due time. */
  dueAt: Date | null
  code: string
  reason: string
}

/** Moves locked emails out of the way of those that may go. */
export async function setPostponed(trx: Trx, postponements: readonly Postponement[]): Promise<void> {
  if (postponements.length === 0) return
  await sql`
    update emails e
       set status = i.status, due_at = coalesce(i."dueAt", e.due_at), reason_code = i.code,
           error_message = i.reason, held_at = case i.status when 'held' then now() end, updated_at = now()
      from json_to_recordset(${toJson(postponements)}) as i (
        "tenantId" uuid, id uuid, status text, "dueAt" timestamptz, code text, reason text)
     where e.tenant_id = i."tenantId" and e.id = i.id`.execute(trx)
}

/** Records why the lanes cannot send, or that they can again (block null). */
export async function setLaneBlocks(
  trx: Trx | Db,
  blocks: readonly (LaneRef & { block: LaneBlock | null })[],
): Promise<void> {
  if (blocks.length === 0) return
  const rows = blocks.map(({ mailboxId, lane, block }) => ({ mailboxId, lane, ...block }))
  await sql`
    update sending_lanes l
       set blocked_until = i.until, blocked_code = i.code, blocked_reason = i.reason
      from json_to_recordset(${toJson(rows)}) as i (
        "mailboxId" uuid, lane text, until timestamptz, code text, reason text)
     where l.email_account_id = i."mailboxId" and l.lane = i.lane
       and (l.blocked_until, l.blocked_code) is distinct from (i.until, i.code)`.execute(trx)
}
