import { type Kysely, sql } from 'kysely'

/** What warmup looks up by address, by conversation and by token, and which exchanges came to nothing. */
export async function up(db: Kysely<never>): Promise<void> {
  // True on both sides when the email was skipped, or refused in the session: the two have not met.
  await sql`alter table warmup_exchanges add column unsent boolean not null default false`.execute(db)
  await sql`
    create index warmup_exchanges_thread_idx on warmup_exchanges (thread_token, depth) where side = 'sender'
  `.execute(db)
  // A mailbox that is removed and added again has another id.
  await sql`create index email_accounts_address_idx on email_accounts (email_address)`.execute(db)
  await sql`
    create index email_messages_warmup_token_idx on email_messages (tenant_id, email_account_id, (facts ->> 'warmupToken'))
     where message_type = 'warmup'`.execute(db)
}
