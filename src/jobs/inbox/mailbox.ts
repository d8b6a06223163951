import type { Db } from '../../db/connect.ts'
import type { ImapSettings } from '../../imap/settings.ts'
import { findCredential } from '../../mailboxes/credentials.ts'
import type { Sealer } from '../../secrets/sealer.ts'

/** A mailbox as a sync needs it, its password opened. */
export interface SyncedMailbox {
  tenantId: string
  id: string
  address: string
  zone: string
  enrolledAt: Date
  imap: ImapSettings
}

/** Undefined when it is gone or has no IMAP server. The password is that for SMTP where IMAP has none of its own. */
export async function loadSyncedMailbox(
  db: Db,
  sealer: Sealer,
  mailbox: { tenantId: string; mailboxId: string },
): Promise<SyncedMailbox | undefined> {
  const row = await db
    .selectFrom('email_accounts')
    .selectAll()
    .where('tenant_id', '=', mailbox.tenantId)
    .where('id', '=', mailbox.mailboxId)
    .executeTakeFirst()
  if (!row?.imap_host) return undefined
  const password =
    (await findCredential(db, sealer, { ...mailbox, field: 'imap_password' })) ??
    (await findCredential(db, sealer, { ...mailbox, field: 'smtp_password' }))
  return {
    tenantId: row.tenant_id,
    id: row.id,
    address: row.email_address,
    zone: row.timezone,
    enrolledAt: row.created_at,
    imap: {
      id: row.id,
      host: row.imap_host,
      port: row.imap_port ?? (row.imap_security === 'tls' ? 993 : 143),
      security: row.imap_security,
      username: row.imap_username ?? row.email_address,
      password: password ?? '',
    },
  }
}
