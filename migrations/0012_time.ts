import { type Kysely, sql } from 'kysely'

/** Follow-ups leave before first emails, staleness is counted without pauses, a mailbox can be removed. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table emails
      add column is_follow_up boolean not null default false,
      add column held_at timestamptz`.execute(db)
  await sql`update emails set held_at = updated_at where status = 'held'`.execute(db)
  await sql`
    update emails e set is_follow_up = true
      from campaign_steps s
     where s.tenant_id = e.tenant_id and s.id = e.step_id and s.position > 1
       and e.status in ('scheduled', 'held')`.execute(db)
  // The claim looks here first: a lane's due follow-ups, however many first emails wait before them.
  await sql`
    create index emails_follow_ups_due_idx on emails (email_account_id, lane, due_at)
     where status = 'scheduled' and is_follow_up`.execute(db)

  // A removed mailbox stays for its ledger; its address is free for another one.
  await sql`
    alter table email_accounts
      add column paused_at timestamptz,
      drop constraint email_accounts_status_check,
      add constraint email_accounts_status_check check (status in ('active', 'paused', 'removed')),
      drop constraint email_accounts_email_address_key`.execute(db)
  await sql`update email_accounts set paused_at = updated_at where status = 'paused'`.execute(db)
  await sql`
    create unique index email_accounts_email_address_key on email_accounts (tenant_id, email_address)
     where status <> 'removed'`.execute(db)
}
