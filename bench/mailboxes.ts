import { createSecretKey } from 'node:crypto'
import type pg from 'pg'
import { newId } from '../src/core/ids.ts'
import { createSealer } from '../src/secrets/sealer.ts'

/** Mailboxes `sender1@sender.test` and so on of one tenant, on one IMAP server; they are synced when they are told to. */
export async function insertMailboxes(
  pool: pg.Pool,
  count: number,
  port: number,
  key: Buffer,
): Promise<{ tenantId: string; ids: string[] }> {
  const tenantId = newId()
  const sealer = createSealer(createSecretKey(key))
  const ids = Array.from({ length: count }, () => newId())
  await pool.query('insert into tenants (id, name) values ($1, $2)', [tenantId, 'bench'])
  await pool.query(
    `insert into email_accounts (tenant_id, id, email_address, smtp_host, smtp_port, smtp_security, imap_host, imap_port,
                                 imap_security, sync_interval_seconds, next_sync_at)
     select $1, id, 'sender' || n || '@sender.test', '127.0.0.1', 25, 'none', '127.0.0.1', $3, 'none', 86400, 'infinity'
       from unnest($2::uuid[]) with ordinality as m (id, n)`,
    [tenantId, ids, port],
  )
  const sealed = ids.map((mailboxId) =>
    sealer.seal('lab password', { tenantId, mailboxId, field: 'imap_password' }),
  )
  await pool.query(
    `insert into mailbox_credentials (tenant_id, email_account_id, field, key_id, sealed)
     select $1, id, 'imap_password', $4, sealed from unnest($2::uuid[], $3::bytea[]) as c (id, sealed)`,
    [tenantId, ids, sealed, sealer.keyId],
  )
  await pool.query('analyze')
  return { tenantId, ids }
}
