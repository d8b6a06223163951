import { sql } from 'kysely'
import { newId } from '../core/ids.ts'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { BounceFact, CounterStep, LedgerEvent, LockedEmail } from './ledger-change.ts'
import type { AddressFailure } from './policy.ts'

interface EmailRef {
  tenantId: string
  id: string
}

/** One report at a time about an address: failures are counted after this, before every other lock. */
export async function lockAddresses(
  trx: Trx,
  addresses: readonly { tenantId: string; address: string }[],
): Promise<void> {
  const keys = [...new Set(addresses.map(({ tenantId, address }) => `${tenantId} ${address}`))]
  await sql`
    select pg_advisory_xact_lock(key)
      from (select hashtextextended(name, 0) as key from unnest(${keys}::text[]) as name order by 1) sorted`.execute(
    trx,
  )
}

export async function lockEmails(trx: Trx, refs: readonly EmailRef[]): Promise<LockedEmail[]> {
  const { rows } = await sql<LockedEmail>`
    select e.tenant_id as "tenantId", e.id, e.kind, e.status, e.email_account_id as "mailboxId", e.to_address as "to",
           e.campaign_id as "campaignId", e.step_id as "stepId", e.variant, e.lead_id as "leadId", e.attempt,
           e.sent_on as "sentOn", e.bounced_at as "bouncedAt", e.bounce_type as "bounceType",
           e.bounce_reason as "bounceReason", e.complained_at as "complainedAt", e.unsubscribed_at as "unsubscribedAt"
      from emails e
      join json_to_recordset(${toJson(refs)}) as i ("tenantId" uuid, id uuid)
        on e.tenant_id = i."tenantId" and e.id = i.id
     order by e.tenant_id, e.id
       for update of e`.execute(trx)
  return rows
}

/** Returns those that were new: a report read twice, or one that names an address twice, is one fact. */
export async function insertBounces(trx: Trx, facts: readonly BounceFact[]): Promise<BounceFact[]> {
  if (facts.length === 0) return []
  const ids = new Map(facts.map((fact) => [newId(), fact]))
  const rows = [...ids].map(([id, fact]) => bounceRow(id, fact))
  const inserted = await sql<{ id: string }>`
    insert into email_bounces (tenant_id, id, report_id, email_id, email_account_id, campaign_id, lead_id, address,
                               bounce_type, bounce_class, bounce_reason, permanent, address_dead, status_code,
                               smtp_code, diagnostic, remote_mta, evidence, bounced_at)
    select "tenantId", id, "reportId", "emailId", "mailboxId", "campaignId", "leadId", address, "bounceType", reason,
           words, permanent, "addressDead", status, "smtpCode", diagnostic, "remoteMta", evidence, at
      from json_to_recordset(${toJson(rows)}) as i (
        "tenantId" uuid, id uuid, "reportId" uuid, "emailId" uuid, "mailboxId" uuid, "campaignId" uuid, "leadId" uuid,
        address text, "bounceType" text, reason text, words text, permanent boolean, "addressDead" boolean,
        status text, "smtpCode" int, diagnostic text, "remoteMta" text, evidence jsonb, at timestamptz)
    on conflict on constraint email_bounces_report_key do nothing
    returning id`.execute(trx)
  return inserted.rows.flatMap(({ id }) => ids.get(id) ?? [])
}

function bounceRow(id: string, { reportId, email, recipient, consequence, matchedBy, at }: BounceFact) {
  return {
    id,
    reportId,
    tenantId: email.tenantId,
    emailId: email.id,
    mailboxId: email.mailboxId,
    campaignId: email.campaignId,
    leadId: email.leadId,
    address: email.to,
    bounceType: consequence.bounceType,
    reason: recipient.reason,
    words: consequence.stop?.reason ?? null,
    permanent: recipient.permanent ?? false,
    addressDead: recipient.addressDead,
    status: recipient.status,
    smtpCode: recipient.smtpCode === null ? null : Number(recipient.smtpCode),
    diagnostic: recipient.diagnostic?.slice(0, 1000) ?? null,
    remoteMta: recipient.remoteMta?.slice(0, 255) ?? null,
    // Behind a forwarder the report names somebody whom we never mailed.
    evidence: { matchedBy, format: recipient.evidence, reportedAddress: recipient.address },
    at,
  }
}

/** Failed emails to these addresses since each last answered, or its suppression ended; at most a year back. */
export async function listFailures(
  trx: Trx,
  addresses: readonly { tenantId: string; address: string }[],
): Promise<(AddressFailure & { tenantId: string; address: string })[]> {
  const { rows } = await sql<AddressFailure & { tenantId: string; address: string }>`
    select b.tenant_id as "tenantId", b.address, b.email_id as "emailId", b.bounce_class as reason, b.permanent,
           b.bounced_at as at, b.diagnostic,
           b.evidence ->> 'matchedBy' not in ('recency', 'original_recipient') as proven
      from json_to_recordset(${toJson(addresses)}) as i ("tenantId" uuid, address text)
     cross join lateral (
       select greatest(
         now() - interval '1 year',
         (select max(e.replied_at) from emails e where e.to_address = i.address and e.tenant_id = i."tenantId"),
         (select s.expires_at from suppressions s
           where s.scope = 'address' and s.value = i.address and s.tenant_id = i."tenantId" and s.expires_at <= now())
       ) as moment
     ) alive
      join email_bounces b on b.tenant_id = i."tenantId" and b.address = i.address and b.bounced_at > alive.moment
     where b.bounce_type in ('hard', 'soft')`.execute(trx)
  return rows
}

export async function setEmailsBounced(trx: Trx, emails: readonly LockedEmail[]): Promise<void> {
  if (emails.length === 0) return
  await sql`
    update emails e
       set bounced_at = i."bouncedAt", bounce_type = i."bounceType", bounce_reason = i."bounceReason",
           complained_at = i."complainedAt", unsubscribed_at = i."unsubscribedAt", updated_at = now()
      from json_to_recordset(${toJson(emails)}) as i (
        "tenantId" uuid, id uuid, "bouncedAt" timestamptz, "bounceType" text, "bounceReason" text,
        "complainedAt" timestamptz, "unsubscribedAt" timestamptz)
     where e.tenant_id = i."tenantId" and e.id = i.id`.execute(trx)
}

/** Each of these happens to an email once, and its key is taken with it. */
export async function insertBounceEvents(trx: Trx, events: readonly LedgerEvent[]): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ email, type, at, data }) => ({
    ...email,
    class: eventClass(email, type),
    type,
    at,
    data,
  }))
  await sql`
    with told as materialized (
      select *, md5(concat_ws('/', type, id))::uuid as "eventId"
        from json_to_recordset(${toJson(rows)}) as i (
          class text, type text, "tenantId" uuid, at timestamptz, id uuid, attempt int, "campaignId" uuid,
          "stepId" uuid, variant smallint, "leadId" uuid, "mailboxId" uuid, "sentOn" date, data jsonb)
    ), keyed as (
      insert into email_event_keys (tenant_id, id) select "tenantId", "eventId" from told
      on conflict do nothing returning id
    )
    insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant, lead_id,
                              email_account_id, sent_on, data)
    select class, type, "eventId", "tenantId", at, t.id, attempt, "campaignId", "stepId", t.variant, "leadId", "mailboxId",
           "sentOn", data
      from told t join keyed k on k.id = t."eventId"`.execute(trx)
}

function eventClass({ kind }: LockedEmail, type: LedgerEvent['type']): 'delivery' | 'engagement' | 'warmup' {
  if (kind === 'warmup') return 'warmup'
  return type === 'bounced' ? 'delivery' : 'engagement'
}

/** Ends the sequences whose email found a dead address, a complaint or an unsubscribe. */
export async function setSequencesEnded(trx: Trx, facts: readonly BounceFact[]): Promise<void> {
  const rows = facts.flatMap(({ email: { tenantId, campaignId, leadId }, consequence: { stop } }) =>
    campaignId && leadId && stop ? [{ tenantId, campaignId, leadId, ...stop }] : [],
  )
  if (rows.length === 0) return
  await sql`
    update campaign_leads cl
       set status = 'stopped', stopped_code = i.code, stopped_reason = i.reason, plan_at = null, ended_at = now()
      from (select distinct on ("tenantId", "campaignId", "leadId") *
              from json_to_recordset(${toJson(rows)}) as r (
                "tenantId" uuid, "campaignId" uuid, "leadId" uuid, code text, reason text)) i
     where cl.tenant_id = i."tenantId" and cl.campaign_id = i."campaignId" and cl.lead_id = i."leadId"
       and cl.status = 'active'`.execute(trx)
}

/** Rows are taken in key order: two reports about one mailbox wait for each other instead of deadlocking. */
export async function addToCounters(trx: Trx, steps: readonly CounterStep[]): Promise<void> {
  if (steps.length === 0) return
  await sql`
    insert into delivery_counters as c (tenant_id, subject_type, subject, day, hard, soft, blocked, complaints)
    select "tenantId", "subjectType", subject, day,
           count(*) filter (where counter = 'hard'), count(*) filter (where counter = 'soft'),
           count(*) filter (where counter = 'blocked'), count(*) filter (where counter = 'complaints')
      from json_to_recordset(${toJson(steps)}) as i (
        "tenantId" uuid, "subjectType" text, subject text, day date, counter text)
     group by 1, 2, 3, 4
     order by 1, 2, 3, 4
    on conflict (tenant_id, subject_type, subject, day) do update
       set hard = c.hard + excluded.hard, soft = c.soft + excluded.soft, blocked = c.blocked + excluded.blocked,
           complaints = c.complaints + excluded.complaints`.execute(trx)
}
