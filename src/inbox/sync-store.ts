import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { storable } from '../db/json.ts'

export interface DueMailbox {
  tenantId: string
  id: string
  intervalSeconds: number
}

/**
 * Locks mailboxes whose sync is due, paused ones too: they still receive. The lock lets rows that refer to the mailbox be
 * written meanwhile.
 */
export async function lockDueMailboxes(trx: Trx, limit: number): Promise<DueMailbox[]> {
  const { rows } = await sql<DueMailbox>`
    select tenant_id as "tenantId", id, sync_interval_seconds as "intervalSeconds"
      from email_accounts
     where imap_host is not null and next_sync_at <= now()
     order by next_sync_at limit ${limit} for no key update skip locked`.execute(trx)
  return rows
}

export async function setNextSyncs(
  trx: Trx,
  mailboxes: readonly { tenantId: string; id: string; at: Date }[],
): Promise<void> {
  await sql`
    update email_accounts a set next_sync_at = i."at"
      from json_to_recordset(${JSON.stringify(mailboxes)}) as i ("tenantId" uuid, id uuid, "at" timestamptz)
     where a.tenant_id = i."tenantId" and a.id = i.id`.execute(trx)
}

interface MailboxRef {
  tenantId: string
  id: string
}

/** It comes back at this time, or at its next turn if that is sooner. */
export async function setSyncPostponed(db: Db, mailbox: MailboxRef, at: Date): Promise<void> {
  await sql`
    update email_accounts set next_sync_at = least(next_sync_at, ${at})
     where tenant_id = ${mailbox.tenantId} and id = ${mailbox.id}`.execute(db)
}

/** `warning`: what could not be read all the same, in words. */
export async function setSyncSucceeded(
  db: Db,
  mailbox: MailboxRef,
  warning: string | undefined,
): Promise<void> {
  await sql`
    update email_accounts
       set last_synced_at = now(), sync_failures = 0, sync_error = ${warning ? storable(warning) : null}
     where tenant_id = ${mailbox.tenantId} and id = ${mailbox.id}`.execute(db)
}

/** `next` is given the failures in a row, this one included. */
export async function setSyncFailed(
  trx: Trx,
  mailbox: MailboxRef,
  words: string,
  next: (failures: number) => Date,
): Promise<{ failures: number; nextSyncAt: Date }> {
  const { rows } = await sql<{ failures: number }>`
    select sync_failures + 1 as failures from email_accounts
     where tenant_id = ${mailbox.tenantId} and id = ${mailbox.id} for no key update`.execute(trx)
  const failures = rows[0]?.failures ?? 1
  const nextSyncAt = next(failures)
  await sql`
    update email_accounts
       set sync_failures = ${failures}, sync_error = ${storable(words)}, next_sync_at = ${nextSyncAt}
     where tenant_id = ${mailbox.tenantId} and id = ${mailbox.id}`.execute(trx)
  return { failures, nextSyncAt }
}
