import { type Kysely, sql } from 'kysely'

/** What outlives the conversations of warmup, and the order in which tokens that were not believed go. */
export async function up(db: Kysely<never>): Promise<void> {
  // Conversations that are deleted: how many two have had says which one they read next.
  await sql`
    create table warmup_acquaintances (
      tenant_id uuid not null,
      email_account_id uuid not null,
      partner_mailbox text not null,
      conversations integer not null check (conversations > 0),
      primary key (tenant_id, email_account_id, partner_mailbox),
      foreign key (tenant_id, email_account_id) references email_accounts (tenant_id, id) on delete cascade
    )`.execute(db)
  // The key begins with the mailbox: no help to who asks for the oldest of all, or for the last seven days.
  await sql`create index warmup_rejects_date_idx on warmup_rejects (date)`.execute(db)
}
