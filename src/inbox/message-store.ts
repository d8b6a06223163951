import { type Insertable, sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { storable, toJson } from '../db/json.ts'
import type { EmailMessagesTable } from '../db/schema.ts'
import type { Attachment } from './inbound-mail.ts'

export type NewMessage = Omit<Insertable<EmailMessagesTable>, 'facts'> & { facts: object }

/** False when this UID of this folder was dealt with before. */
export async function insertMessage(trx: Trx, message: NewMessage): Promise<boolean> {
  const text = (value: string | null | undefined) => (value ? storable(value) : null)
  const inserted = await trx
    .insertInto('email_messages')
    .values({
      ...message,
      reason: text(message.reason),
      from_email: text(message.from_email),
      to_email: text(message.to_email),
      subject: text(message.subject),
      message_id: text(message.message_id),
      in_reply_to: text(message.in_reply_to),
      facts: toJson(message.facts),
    })
    .onConflict((conflict) => conflict.constraint('email_messages_uid_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function insertAttachments(
  trx: Trx,
  message: { tenantId: string; id: string },
  attachments: readonly Attachment[],
): Promise<void> {
  if (attachments.length === 0) return
  const rows = attachments.map((attachment, position) => ({
    tenant_id: message.tenantId,
    message_id: message.id,
    position,
    filename: attachment.filename === undefined ? null : storable(attachment.filename),
    content_type: storable(attachment.contentType),
    size_bytes: attachment.encodedBytes,
  }))
  await trx.insertInto('email_attachments').values(rows).execute()
}

export interface MessagePlace {
  folderId: string
  uidValidity: number
  uid: number
}

/** The message that was dealt with at this UID of this folder. */
export async function findAtPlace(
  trx: Trx,
  place: MessagePlace,
): Promise<{ id: string; sha256: Buffer | null } | undefined> {
  return trx
    .selectFrom('email_messages')
    .select(['id', 'message_sha256 as sha256'])
    .where('folder_id', '=', place.folderId)
    .where('uid_validity', '=', place.uidValidity)
    .where('imap_uid', '=', place.uid)
    .executeTakeFirst()
}

/** Its UID belongs to another message now: a folder restored from a backup gives numbers a second time. */
export async function setPlaceLost(trx: Trx, place: MessagePlace): Promise<void> {
  await sql`
    update email_messages set uid_validity = -(extract(epoch from clock_timestamp()) * 1000000)::bigint
     where folder_id = ${place.folderId} and uid_validity = ${place.uidValidity} and imap_uid = ${place.uid}
  `.execute(trx)
}

/**
 * Finds the row of the same message (its bytes and INTERNALDATE) under an earlier UIDVALIDITY or in another folder, from
 * where it was moved, and notes its new place. A twin in the same folder is a message of its own, unless the folder's
 * numbers are not to be relied on (`renumbered`). True if there was one.
 */
export async function setMessagePlace(
  trx: Trx,
  known: { mailboxId: string; sha256: Buffer; internalDate: Date },
  place: MessagePlace,
  renumbered: boolean,
): Promise<boolean> {
  const { rows } = await sql`
    update email_messages
       set folder_id = ${place.folderId}, uid_validity = ${place.uidValidity}, imap_uid = ${place.uid}
     where (tenant_id, id) = (
       select tenant_id, id from email_messages
        where email_account_id = ${known.mailboxId} and message_sha256 = ${known.sha256}
          and internal_date = ${known.internalDate}
          and (${renumbered} or (folder_id, uid_validity) <> (${place.folderId}::uuid, ${place.uidValidity}::bigint))
        order by id limit 1 for update)
    returning id`.execute(trx)
  return rows.length > 0
}
