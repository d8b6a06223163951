import { type Kysely, sql } from 'kysely'

/** When a mailbox had grown through its ramp: a pause does not take that away, failing health does. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table warmup_accounts add column ready_at timestamptz`.execute(db)
  await sql`
    update warmup_accounts w set ready_at = now()
      from email_accounts a
     where a.tenant_id = w.tenant_id and a.id = w.email_account_id and a.warmup_status = 'ready'`.execute(db)
}
