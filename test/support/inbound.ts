import { createHash } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { newId } from '../../src/core/ids.ts'
import type { Db } from '../../src/db/connect.ts'
import type { Email, Mailbox } from './factories.ts'
import { insertEmail, mint } from './factories.ts'

/** An email that this mailbox has sent a minute ago, to a lead of a campaign if one is given. */
export async function insertSentEmail(
  db: Db,
  mailbox: Mailbox,
  overrides: Parameters<typeof insertEmail>[2] = {},
): Promise<Email> {
  const at = new Date(Date.now() - 60_000)
  const ref = createHash('md5').update(mint('ref')).digest('hex')
  return insertEmail(db, mailbox, {
    status: 'sent',
    attempt: 1,
    claimed_at: at,
    sent_at: at,
    sent_on: at.toISOString().slice(0, 10),
    ref,
    message_id: `<${ref}@sender.test>`,
    ...overrides,
  })
}

/** An email whose submission nobody knows the end of. */
export function insertSubmittingEmail(
  db: Db,
  mailbox: Mailbox,
  overrides: Parameters<typeof insertEmail>[2] = {},
): Promise<Email> {
  const onTheWire = { claim_id: newId(), lease_until: new Date(Date.now() + 60_000) }
  return insertSentEmail(db, mailbox, {
    status: 'submitting',
    sent_at: null,
    sent_on: null,
    ...onTheWire,
    ...overrides,
  })
}

let uid = 0

/** A message in the mailbox's INBOX as the sync has left it for the reports' queue. */
export async function insertInboundMessage(
  db: Db,
  mailbox: Mailbox,
  message: string | Buffer,
  overrides: { internal_date?: Date; message_type?: 'report' | 'complaint' } = {},
): Promise<{ tenantId: string; messageId: string }> {
  const raw = Buffer.from(message)
  const sha256 = createHash('sha256').update(raw).digest()
  const body = { tenant_id: mailbox.tenant_id, sha256, encoding: 'br' as const, bytes: raw.length }
  await db
    .insertInto('email_bodies')
    .values({ ...body, body: brotliCompressSync(raw) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  uid += 1
  const row = {
    tenant_id: mailbox.tenant_id,
    id: newId(),
    email_account_id: mailbox.id,
    folder_id: await inboxOf(db, mailbox),
    uid_validity: 1,
    imap_uid: uid,
    message_type: 'report' as const,
    internal_date: new Date(),
    size_bytes: raw.length,
    message_sha256: sha256,
    body_sha256: sha256,
    message_id: /^message-id: *(\S+)/im.exec(raw.toString('latin1'))?.[1] ?? null,
    ...overrides,
  }
  await db.insertInto('email_messages').values(row).execute()
  return { tenantId: mailbox.tenant_id, messageId: row.id }
}

async function inboxOf(db: Db, mailbox: Mailbox): Promise<string> {
  const inbox = { tenant_id: mailbox.tenant_id, email_account_id: mailbox.id, path: 'INBOX' }
  const { id } = await db
    .insertInto('email_folders')
    .values({ ...inbox, id: newId(), folder_type: 'inbox' })
    .onConflict((conflict) =>
      conflict.constraint('email_folders_path_key').doUpdateSet({ folder_type: 'inbox' }),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
