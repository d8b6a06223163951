import { createCoalescer } from '../../core/coalescer.ts'
import type { Db } from '../../db/connect.ts'
import { listMailboxesToSendFrom, type MailboxToSendFrom } from '../../mailboxes/sending-store.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import type { SmtpMailbox } from '../../smtp/security.ts'

/** A mailbox as a session needs it, its password opened. */
export interface SendingMailbox {
  tenantId: string
  address: string
  displayName: string
  smtp: SmtpMailbox
  /** A connection that succeeds is news: the last one to its host failed. */
  hostFailing: boolean
}

/** Undefined when there is no such mailbox; throws `sealed_secret_unreadable` when its password does not open. */
export type LoadMailbox = (lane: {
  tenantId: string
  mailboxId: string
}) => Promise<SendingMailbox | undefined>

/** Reads the mailboxes of all sessions that begin at the same time in one statement. */
export function createMailboxLoader(db: Db, sealer: Sealer, coalesceMs: number): LoadMailbox {
  const coalescer = createCoalescer<{ tenantId: string; mailboxId: string }, MailboxToSendFrom | undefined>({
    maxWaitMs: coalesceMs,
    maxBatch: 1000,
    async run(batch) {
      const found = await listMailboxesToSendFrom(db, batch)
      return batch.map(({ mailboxId }) => found.get(mailboxId))
    },
  })
  return async (lane) => {
    const row = await coalescer.add(lane)
    return row && toSendingMailbox(row, openPassword(row, sealer))
  }
}

function openPassword(
  { tenant_id, id, key_id, sealed }: MailboxToSendFrom,
  sealer: Sealer,
): string | undefined {
  if (!key_id || !sealed) return undefined
  return sealer.open(sealed, key_id, { tenantId: tenant_id, mailboxId: id, field: 'smtp_password' })
}

function toSendingMailbox(row: MailboxToSendFrom, password: string | undefined): SendingMailbox {
  return {
    tenantId: row.tenant_id,
    address: row.email_address,
    displayName: row.display_name,
    hostFailing: row.host_failing,
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
