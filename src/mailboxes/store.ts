import { type Selectable, sql, type UpdateObject } from 'kysely'
import { domainOf } from '../core/email-address.ts'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import type { Database, EmailAccountsTable } from '../db/schema.ts'
import type { MailboxDefinition, MailboxLimits, MailboxServers } from './definition.ts'

export type Mailbox = Selectable<EmailAccountsTable>
export type MailboxKey = Pick<Mailbox, 'tenant_id' | 'id'>

export interface MailboxListing extends Mailbox {
  /** Why a lane of it waits now; null if none does. */
  blocked_reason: string | null
}

/** The mailbox with its domain and its three lanes; throws `conflict` when the tenant has the address already. */
export async function insertMailbox(
  trx: Trx,
  tenantId: string,
  definition: MailboxDefinition,
): Promise<Mailbox> {
  const domainId = await insertDomainOnce(trx, tenantId, domainOf(definition.address))
  const mailbox = await trx
    .insertInto('email_accounts')
    .values({
      ...toColumns(definition),
      tenant_id: tenantId,
      id: newId(),
      domain_id: domainId,
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'email_address']).where('status', '<>', 'removed').doNothing(),
    )
    .returningAll()
    .executeTakeFirst()
  if (!mailbox) throw new AppError('conflict', `There already is a mailbox ${definition.address}.`)
  await trx
    .insertInto('sending_lanes')
    .values(
      (['high', 'normal', 'low'] as const).map((lane) => ({
        tenant_id: tenantId,
        email_account_id: mailbox.id,
        lane,
      })),
    )
    .execute()
  return mailbox
}

export async function findMailbox(db: Db, tenantId: string, address: string): Promise<Mailbox | undefined> {
  return db
    .selectFrom('email_accounts')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('email_address', '=', address)
    .where('status', '<>', 'removed')
    .executeTakeFirst()
}

export async function listMailboxes(db: Db, tenantId: string): Promise<MailboxListing[]> {
  return db
    .selectFrom('email_accounts as mailbox')
    .selectAll('mailbox')
    .select((eb) =>
      eb
        .selectFrom('sending_lanes as lane')
        .select('lane.blocked_reason')
        .whereRef('lane.email_account_id', '=', 'mailbox.id')
        .where('lane.blocked_code', 'is not', null)
        .where((where) =>
          where.or([
            where('lane.blocked_until', 'is', null),
            where('lane.blocked_until', '>', sql<Date>`now()`),
          ]),
        )
        .orderBy('lane.blocked_until', (order) => order.desc().nullsFirst())
        .limit(1)
        .as('blocked_reason'),
    )
    .where('mailbox.tenant_id', '=', tenantId)
    .where('mailbox.status', '<>', 'removed')
    .orderBy('mailbox.email_address')
    .execute()
}

/** Emails that wait to be sent from paused mailboxes, due or not, by the mailbox's id; `tenantId` null: of all tenants. */
export async function countPausedEmails(db: Db, tenantId: string | null): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    select a.id, count(e.id) as count
      from email_accounts a
      join emails e on e.email_account_id = a.id and e.status = 'scheduled'
     where a.status = 'paused' and (${tenantId}::uuid is null or a.tenant_id = ${tenantId}::uuid)
     group by a.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row.count]))
}

/** Nothing is claimed for it any more; what is on the wire finishes. */
export async function setMailboxPaused(
  trx: Trx,
  mailbox: Mailbox,
  { code, reason }: { code: 'by_hand' | 'being_removed'; reason: string },
): Promise<void> {
  await setColumns(trx, mailbox, {
    status: 'paused',
    status_reason: reason,
    paused_code: code,
    paused_until: null,
    paused_at: sql`coalesce(paused_at, now())`,
    ...guardEnded,
  })
}

export async function setMailboxActive(trx: Trx, mailbox: MailboxKey): Promise<void> {
  await setColumns(trx, mailbox, {
    status: 'active',
    status_reason: null,
    paused_code: null,
    paused_until: null,
    paused_at: null,
    ...guardEnded,
  })
  await wakeLanes(trx, mailbox)
}

// A person has taken over from the guardrail: what made it pause does not count again.
const guardEnded = {
  guarded_from: sql<Date | null>`case when guard_paused_at is null then guarded_from else now() end`,
  guard_paused_at: null,
}

/** Its row stays for the ledger; its passwords do not, and its address is free again. */
export async function setMailboxRemoved(trx: Trx, mailbox: Mailbox): Promise<void> {
  await setColumns(trx, mailbox, {
    status: 'removed',
    status_reason: null,
    paused_code: null,
    paused_until: null,
    imap_host: null,
  })
  await trx
    .deleteFrom('mailbox_credentials')
    .where('tenant_id', '=', mailbox.tenant_id)
    .where('email_account_id', '=', mailbox.id)
    .execute()
}

/** Name and servers; its lanes try again what the old ones refused. */
export async function setMailboxServers(trx: Trx, mailbox: Mailbox, servers: MailboxServers): Promise<void> {
  await setColumns(trx, mailbox, serverColumns(servers))
  await wakeLanes(trx, mailbox)
}

export async function setMailboxLimits(trx: Trx, mailbox: Mailbox, limits: MailboxLimits): Promise<void> {
  await setColumns(trx, mailbox, {
    daily_limit: limits.dailyLimit,
    rolling_limit: limits.rollingLimit,
    hourly_limit: limits.hourlyLimit,
    min_gap_seconds: limits.minGapSeconds,
    gap_jitter: limits.gapJitter,
    max_connections: limits.maxConnections,
    timezone: limits.timezone,
    ...(limits.syncIntervalSeconds === undefined ? {} : syncColumns(limits.syncIntervalSeconds)),
  })
  await wakeLanes(trx, mailbox)
}

/** A shorter interval begins now, not when the longer one has passed. */
const syncColumns = (seconds: number) => ({
  sync_interval_seconds: seconds,
  next_sync_at: sql<Date>`least(next_sync_at, now() + ${seconds} * interval '1 second')`,
})

/**
 * A block is the memory of a refusal; the rows that refused are read again by the next claim, which may
 * refuse again. So it is lifted together with the wake: a wake alone would find the lane still blocked.
 */
async function wakeLanes(trx: Trx, mailbox: MailboxKey): Promise<void> {
  await trx
    .updateTable('sending_lanes')
    .set({ blocked_until: null, blocked_code: null, blocked_reason: null })
    .where('email_account_id', '=', mailbox.id)
    .where('blocked_code', 'is not', null)
    .execute()
  await trx
    .insertInto('lane_wakes')
    .columns(['tenant_id', 'email_account_id', 'lane'])
    .expression((eb) =>
      eb
        .selectFrom('sending_lanes')
        .select(['tenant_id', 'email_account_id', 'lane'])
        .where('email_account_id', '=', mailbox.id),
    )
    .execute()
}

/** Columns that are undefined stay as they are. */
async function setColumns(
  trx: Trx,
  mailbox: MailboxKey,
  columns: UpdateObject<Database, 'email_accounts'>,
): Promise<void> {
  await trx
    .updateTable('email_accounts')
    .set({ ...columns, updated_at: sql<Date>`now()` })
    .where('tenant_id', '=', mailbox.tenant_id)
    .where('id', '=', mailbox.id)
    .execute()
}

async function insertDomainOnce(trx: Trx, tenantId: string, name: string): Promise<string> {
  await trx
    .insertInto('domains')
    .values({ tenant_id: tenantId, id: newId(), domain_name: name })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'domain_name']).doNothing())
    .execute()
  const { id } = await trx
    .selectFrom('domains')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('domain_name', '=', name)
    .executeTakeFirstOrThrow()
  return id
}

function toColumns(definition: MailboxDefinition) {
  return {
    ...serverColumns(definition),
    email_address: definition.address,
    timezone: definition.timezone,
    daily_limit: definition.dailyLimit,
    rolling_limit: definition.rollingLimit ?? null,
    hourly_limit: definition.hourlyLimit ?? null,
    min_gap_seconds: definition.minGapSeconds,
    gap_jitter: definition.gapJitter,
    max_connections: definition.maxConnections,
    status_reason: null,
    paused_code: null,
    paused_until: null,
    warmup_started_at: null,
  }
}

function serverColumns({ displayName, provider, smtp, imap }: MailboxServers) {
  return {
    display_name: displayName,
    provider_id: provider,
    smtp_host: smtp.host,
    smtp_port: smtp.port,
    smtp_security: smtp.security,
    smtp_username: smtp.username ?? null,
    smtp_insecure_auth: smtp.insecureAuth,
    imap_host: imap?.host ?? null,
    imap_port: imap?.port ?? null,
    imap_security: imap?.security ?? ('tls' as const),
    imap_username: imap?.username ?? null,
  }
}
