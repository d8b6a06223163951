import type { Db } from '../../db/connect.ts'
import { findCredential } from '../../mailboxes/credentials.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import type { SmtpMailbox } from '../../smtp/security.ts'

/** A mailbox as a session needs it, its password opened. */
export interface SendingMailbox {
  tenantId: string
  address: string
  displayName: string
  smtp: SmtpMailbox
}

export async function loadSendingMailbox(
  db: Db,
  sealer: Sealer,
  lane: { tenantId: string; mailboxId: string },
): Promise<SendingMailbox | undefined> {
  const row = await db
    .selectFrom('email_accounts')
    .selectAll()
    .where('tenant_id', '=', lane.tenantId)
    .where('id', '=', lane.mailboxId)
    .executeTakeFirst()
  if (!row) return undefined
  const password = await findCredential(db, sealer, { ...lane, field: 'smtp_password' })
  return {
    tenantId: row.tenant_id,
    address: row.email_address,
    displayName: row.display_name,
    smtp: {
      id: row.id,
      host: row.smtp_host,
      port: row.smtp_port,
      security: row.smtp_security,
      username: row.smtp_username ?? undefined,
      password,
      maxConnections: row.max_connections,
      insecureAuth: row.smtp_insecure_auth,
      provider: row.provider_id,
    },
  }
}
