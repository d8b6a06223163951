import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { newId } from '../../src/core/ids.ts'
import { ensureEventPartitions } from '../../src/db/partitions.ts'
import type { Ground } from '../ground.ts'
import {
  emailsOfDay,
  type HistoryEvent,
  type HistoryPlan,
  idOf,
  type Rotation,
  type SentEmail,
} from './history.ts'

const dayMs = 86_400_000

export interface FleetSize {
  tenants: number
  campaigns: number
  mailboxes: number
}

/** Tenants, mailboxes and campaigns of three steps; each campaign sends from ten mailboxes, each mailbox for two campaigns. */
export async function insertFleet(pool: pg.Pool, size: FleetSize): Promise<Rotation[]> {
  const tenantIds = Array.from({ length: size.tenants }, () => newId())
  const mailboxes = Array.from({ length: size.mailboxes }, (_, index) => ({
    id: newId(),
    tenantId: tenantIds[index % size.tenants] ?? '',
  }))
  const rotations = Array.from({ length: size.campaigns }, (_, index) =>
    rotationOf(tenantIds[index % size.tenants] ?? '', Math.floor(index / size.tenants), mailboxes),
  )
  await insertRows(pool, tenantIds, mailboxes, rotations)
  return rotations
}

function rotationOf(
  tenantId: string,
  number: number,
  mailboxes: readonly { id: string; tenantId: string }[],
): Rotation {
  const own = mailboxes.filter((mailbox) => mailbox.tenantId === tenantId)
  const mailboxIds = Array.from(
    { length: 10 },
    (_, index) => own[(number * 5 + index) % own.length]?.id ?? '',
  )
  return { tenantId, campaignId: newId(), stepIds: [newId(), newId(), newId()], mailboxIds }
}

async function insertRows(
  pool: pg.Pool,
  tenantIds: readonly string[],
  mailboxes: readonly { id: string; tenantId: string }[],
  rotations: readonly Rotation[],
): Promise<void> {
  await pool.query(`insert into tenants (id, name) select id, 'tenant-' || id from unnest($1::uuid[]) id`, [
    tenantIds,
  ])
  await pool.query(
    `insert into email_accounts (tenant_id, id, email_address, smtp_host, smtp_port, smtp_security)
     select tenant, id, id || '@sender.test', '127.0.0.1', 25, 'none' from unnest($1::uuid[], $2::uuid[]) m (tenant, id)`,
    [mailboxes.map(({ tenantId }) => tenantId), mailboxes.map(({ id }) => id)],
  )
  await pool.query(
    `insert into campaigns (tenant_id, id, campaign_name, status, configuration, seed, started_at)
     select tenant, id, 'campaign-' || id, 'active', '{}', 1, now() from unnest($1::uuid[], $2::uuid[]) c (tenant, id)`,
    [rotations.map(({ tenantId }) => tenantId), rotations.map(({ campaignId }) => campaignId)],
  )
  const steps = rotations.flatMap(({ tenantId, campaignId, stepIds }) =>
    stepIds.map((id, index) => ({ tenantId, campaignId, id, position: index + 1 })),
  )
  await pool.query(
    `insert into campaign_steps (tenant_id, id, campaign_id, position, subject, content_text)
     select "tenantId", id, "campaignId", position, 'Hello', 'Hello'
       from json_to_recordset($1) s ("tenantId" uuid, id uuid, "campaignId" uuid, position int)`,
    [JSON.stringify(steps)],
  )
}

// What no rollup and no dashboard reads: the ledger's own ways to find an email.
const ledgerOnly = [
  'emails_message_id_idx',
  'emails_ref_idx',
  'emails_to_address_idx',
  'emails_server_message_id_idx',
  'emails_claim_idx',
]

export interface Loaded {
  emails: number
  events: number
}

/** Loads the plan's days with COPY: the ledger with its first facts, then the events in the order of their days. */
export async function loadHistory(ground: Ground, plan: HistoryPlan): Promise<Loaded> {
  const months = Math.ceil((plan.until - plan.from) / dayMs / 28) + 1
  await ensureEventPartitions(ground.db, new Date(plan.from), months)
  for (const index of ledgerOnly) await ground.pool.query(`drop index if exists ${index}`)
  const emails = await copy(ground.pool, emailColumns, emailLines(plan))
  const events = await copy(ground.pool, eventColumns, eventLines(plan))
  return { emails, events }
}

// No foreign keys are checked: what they lead to is not all there.
async function copy(pool: pg.Pool, columns: string, lines: Iterable<string>): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query("begin; set local session_replication_role = 'replica'")
    const stream = client.query(copyStreams.from(`copy ${columns} from stdin`))
    await pipeline(Readable.from(chunks(lines)), stream)
    await client.query('commit')
    return stream.rowCount
  } finally {
    client.release()
  }
}

function* chunks(lines: Iterable<string>): Generator<string> {
  let chunk: string[] = []
  for (const line of lines) {
    chunk.push(line)
    if (chunk.length === 500) {
      yield `${chunk.join('\n')}\n`
      chunk = []
    }
  }
  if (chunk.length > 0) yield `${chunk.join('\n')}\n`
}

const emailColumns = `emails (tenant_id, id, campaign_id, lead_id, step_id, email_account_id, to_address, status, due_at,
  first_due_at, attempt, reason_code, error_message, sent_at, sent_on, opened_at, clicked_at, replied_at, bounced_at,
  complained_at, unsubscribed_at)`

function* emailLines(plan: HistoryPlan): Generator<string> {
  for (let day = 0; day < plan.days; day += 1)
    for (const email of emailsOfDay(plan, day)) yield emailLine(email)
}

const firstFacts = ['opened', 'clicked', 'replied', 'bounced', 'complained', 'unsubscribed']

function emailLine({ id, leadId, rotation, stepId, mailboxId, dueAt, status, events }: SentEmail): string {
  const due = iso(dueAt)
  const ended = status === 'failed' ? ['invalid_recipient', 'no such user'] : ['\\N', '\\N']
  const sent = status === 'sent' ? [due, due.slice(0, 10)] : ['\\N', '\\N']
  const firsts = firstFacts.map((type) => firstOf(events, type))
  return [
    rotation.tenantId,
    id,
    rotation.campaignId,
    leadId,
    stepId,
    mailboxId,
    `${leadId}@recipient.test`,
    status,
    due,
    due,
    1,
    ...ended,
    ...sent,
    ...firsts,
  ].join('\t')
}

function firstOf(events: readonly HistoryEvent[], type: string): string {
  const times = events.filter((event) => event.type === type && !event.machine).map(({ at }) => at)
  return times.length > 0 ? iso(Math.min(...times)) : '\\N'
}

const eventColumns = `email_events (class, recorded_at, id, tenant_id, type, occurred_at, email_id, attempt, campaign_id, step_id,
  lead_id, email_account_id, sent_on, machine)`

/** The events of each day together, whichever day their email was sent. */
function* eventLines(plan: HistoryPlan): Generator<string> {
  const later = new Map<number, string[]>()
  for (let day = 0; plan.from + day * dayMs < plan.until; day += 1) {
    yield* later.get(day) ?? []
    later.delete(day)
    if (day >= plan.days) continue
    for (const email of emailsOfDay(plan, day))
      for (const [index, event] of email.events.entries()) {
        const on = Math.max(day, Math.floor((event.at - plan.from) / dayMs))
        const line = eventLine(email, event, index)
        if (on === day) yield line
        else if (!later.get(on)?.push(line)) later.set(on, [line])
      }
  }
}

/** One line of COPY text for an event. */
function eventLine(email: SentEmail, event: HistoryEvent, index: number): string {
  const { rotation, status, dueAt } = email
  const at = iso(event.at)
  const sentOn = status === 'sent' && event.type !== 'deferred' ? iso(dueAt).slice(0, 10) : '\\N'
  return [
    event.class,
    at,
    idOf(event.at, email.id, index),
    rotation.tenantId,
    event.type,
    at,
    email.id,
    1,
    rotation.campaignId,
    email.stepId,
    email.leadId,
    email.mailboxId,
    sentOn,
    event.machine,
  ].join('\t')
}

const iso = (ms: number): string => new Date(ms).toISOString()
