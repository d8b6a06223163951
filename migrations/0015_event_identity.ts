import { type Kysely, sql } from 'kysely'

/** Each event once, first facts for every kind of answer, and the documents' views of events. */
export async function up(db: Kysely<never>): Promise<void> {
  // A partitioned table cannot have a key without its partition key, recorded_at. The send path needs none: the update
  // that changes an email's state writes the event. What others tell us (answers, reports, opens, clicks) may be told
  // twice: the id of such an event is made from what it tells, and is taken here in the statement that writes it.
  await sql`
    create table email_event_keys (
      tenant_id uuid not null,
      id uuid not null,
      recorded_at timestamptz not null default now(),
      primary key (tenant_id, id)
    )`.execute(db)
  await sql`create index email_event_keys_recorded_at_idx on email_event_keys using brin (recorded_at)`.execute(
    db,
  )

  // With opened_at, clicked_at, replied_at, bounced_at and complained_at: the first by a person of each kind.
  await sql`alter table emails add column unsubscribed_at timestamptz`.execute(db)
  await sql`
    update emails e set unsubscribed_at = v.at
      from (select tenant_id, email_id, min(occurred_at) as at
              from email_events where type = 'unsubscribed' group by tenant_id, email_id) v
     where e.tenant_id = v.tenant_id and e.id = v.email_id`.execute(db)

  // A table of its own here: facts of bounces outlive their events. This is what the documents call the mailbox.
  await sql`
    alter table email_bounces add column mailbox_id uuid generated always as (email_account_id) stored
  `.execute(db)
  await createViews(db)
}

// A plain view reads with the rights of its owner, past row-level security.
async function createViews(db: Kysely<never>): Promise<void> {
  await sql`
    create view email_opens with (security_invoker = true) as
      select id, email_id, campaign_id, email_account_id as mailbox_id, tenant_id, lead_id, occurred_at as opened_at,
             (data ->> 'ip')::inet as ip_address, data ->> 'userAgent' as user_agent, machine,
             data ->> 'machineReason' as machine_reason, recorded_at as created_at
        from email_events where class = 'engagement' and type = 'opened'`.execute(db)
  await sql`
    create view email_clicks with (security_invoker = true) as
      select id, email_id, campaign_id, email_account_id as mailbox_id, tenant_id, lead_id,
             data ->> 'url' as clicked_url, occurred_at as clicked_at, (data ->> 'ip')::inet as ip_address,
             data ->> 'userAgent' as user_agent, machine, data ->> 'machineReason' as machine_reason,
             recorded_at as created_at
        from email_events where class = 'engagement' and type = 'clicked'`.execute(db)
  await sql`
    create view email_replies with (security_invoker = true) as
      select v.id, v.email_id, v.campaign_id, v.email_account_id as mailbox_id, v.tenant_id, v.lead_id,
             v.occurred_at as replied_at, m.message_id, v.type = 'auto_replied' as automatic, v.data ->> 'kind' as kind,
             v.recorded_at as created_at
        from email_events v
        left join email_messages m on m.tenant_id = v.tenant_id and m.id = (v.data ->> 'messageId')::uuid
       where v.class = 'engagement' and v.type in ('replied', 'auto_replied')`.execute(db)
}
