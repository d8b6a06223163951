import { type Kysely, sql } from 'kysely'

/** Limits beyond a mailbox's day: of its hour, of tenants, campaigns, and of what a recipient's side takes a minute. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table email_accounts
      add column hourly_limit integer check (hourly_limit > 0)`.execute(db)
  await sql`
    alter table tenants
      add column daily_limit integer check (daily_limit > 0),
      add column domain_per_minute integer check (domain_per_minute > 0),
      add column provider_per_minute integer check (provider_per_minute > 0)`.execute(db)
  await sql`
    alter table campaigns
      add column daily_limit integer check (daily_limit > 0),
      add column new_leads_per_day integer check (new_leads_per_day > 0)`.execute(db)
  // Whether a tenant's claims must mind such limits at all.
  await sql`
    create index campaigns_limited_idx on campaigns (tenant_id)
     where status = 'active' and (daily_limit is not null or new_leads_per_day is not null)`.execute(db)
}
