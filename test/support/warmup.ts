import type { Insertable } from 'kysely'
import { newId } from '../../src/core/ids.ts'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Db } from '../../src/db/connect.ts'
import type { WarmupAccountsTable, WarmupExchangesTable } from '../../src/db/schema.ts'
import { createWarmupRoom, type WarmupOptions } from '../../src/jobs/warmup/room.ts'
import { warmupProcessing } from '../../src/jobs/warmup-processing.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { type Mailbox, mint } from './factories.ts'
import { sealer, testWarmupKey } from './inbox.ts'

/** The configuration's defaults, at a pace for tests. */
const testWarmup: WarmupOptions = {
  slots: 20,
  shareOfSlots: 1,
  connectionsPerHost: 20,
  connectTimeoutSeconds: 2,
  silenceTimeoutSeconds: 5,
}

/** What a warmup process does, inside the test's own process and one round at a time. */
export function openWarmup(db: Db, overrides: Partial<WarmupOptions> = {}) {
  const log = createLogger({ level: 'fatal', format: 'json', name: 'test', output: { fd: 2 } })
  const metrics = createMetrics({ process: 'test', version: '0' })
  const room = createWarmupRoom(
    { db, sealer, log, metrics, warmupKey: testWarmupKey },
    { ...testWarmup, ...overrides },
  )
  const handle = warmupProcessing(room)
  return {
    room,
    metrics,
    /** Runs one job of the mailbox. */
    round(
      mailbox: Pick<Mailbox, 'tenant_id' | 'id'>,
      signal = new AbortController().signal,
    ): Promise<Outcome> {
      const payload = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id }
      return handle(payload, { id: mailbox.id, attempt: 1, signal })
    },
  }
}

export async function insertWarmupAccount(
  db: Db,
  mailbox: Mailbox,
  overrides: Partial<Insertable<WarmupAccountsTable>> = {},
): Promise<void> {
  await db
    .updateTable('email_accounts')
    .set({ warmup_status: 'warming' })
    .where('id', '=', mailbox.id)
    .execute()
  await db
    .insertInto('warmup_accounts')
    .values({
      tenant_id: mailbox.tenant_id,
      email_account_id: mailbox.id,
      started_on: '2026-01-01',
      seed: 1,
      ...overrides,
    })
    .execute()
}

/** The receiving side of an exchange, as the plan of a day writes it; planned an hour ago. */
export async function insertExchange(
  db: Db,
  mailbox: Mailbox,
  overrides: Partial<Insertable<WarmupExchangesTable>> = {},
) {
  const token = mint('token')
  return db
    .insertInto('warmup_exchanges')
    .values({
      tenant_id: mailbox.tenant_id,
      id: newId(),
      email_account_id: mailbox.id,
      side: 'receiver',
      token,
      thread_token: token,
      partner_mailbox: 'bea@partner.test',
      partner_domain: 'partner.test',
      partner_provider: 'other',
      plan_date: new Date().toISOString().slice(0, 10),
      planned_at: new Date(Date.now() - 3_600_000),
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** A message as a partner sends it. */
export function warmupMail(
  token: string,
  {
    from = 'bea@partner.test',
    more = '',
    subject = 'Lunch on Tuesday?',
  }: { from?: string; more?: string; subject?: string | undefined } = {},
): Buffer {
  return Buffer.from(
    `From: Bea <${from}>\r\nSubject: ${subject}\r\nMessage-ID: <${token}@partner.test>\r\n` +
      `X-Rookery-Warmup: ${token}\r\n${more}\r\nAre you around?\r\n`,
  )
}
