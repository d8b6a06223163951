import { type Selectable, sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { EmailAccountsTable } from '../db/schema.ts'

export type MailboxToSendFrom = Selectable<EmailAccountsTable> & {
  key_id: string | null
  sealed: Buffer | null
  /** Connections to its host have failed since the last one that did not. */
  host_failing: boolean
}

/** Mailboxes by id, each with its sealed SMTP password, in one statement. */
export async function listMailboxesToSendFrom(
  db: Db,
  mailboxes: readonly { tenantId: string; mailboxId: string }[],
): Promise<Map<string, MailboxToSendFrom>> {
  const { rows } = await sql<MailboxToSendFrom>`
    select a.*, c.key_id, c.sealed, coalesce(h.connect_failures, 0) > 0 as host_failing
      from unnest(${mailboxes.map(({ tenantId }) => tenantId)}::uuid[], ${mailboxes.map(({ mailboxId }) => mailboxId)}::uuid[])
             as wanted (tenant_id, id)
      join email_accounts a on a.tenant_id = wanted.tenant_id and a.id = wanted.id
      left join mailbox_credentials c
        on c.tenant_id = a.tenant_id and c.email_account_id = a.id and c.field = 'smtp_password'
      left join smtp_hosts h on h.host = a.smtp_host and h.port = a.smtp_port`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}
