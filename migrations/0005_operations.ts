import { type Kysely, sql } from 'kysely'

/** What operators read: how jobs ended, which database this is, and who schedules. */
export async function up(db: Kysely<never>): Promise<void> {
  // One row for a job that changed something or ended badly; one aggregated row a minute for the rest.
  await sql`
    create table job_logs (
      id uuid primary key,
      queue_name text not null,
      job_id uuid,
      job_key text,
      status text not null check (status in ('done', 'continued', 'retried', 'rejected', 'aggregated')),
      log_message text,
      attempt_number integer not null default 1,
      job_count integer not null default 1,
      changed integer not null default 0,
      started_at timestamptz not null,
      finished_at timestamptz not null,
      duration interval generated always as (finished_at - started_at) stored,
      created_at timestamptz not null default now()
    )`.execute(db)
  await sql`create index job_logs_queue_idx on job_logs (queue_name, created_at desc)`.execute(db)
  await sql`create index job_logs_job_idx on job_logs (job_id) where job_id is not null`.execute(db)

  // A promoted standby or a restored backup has forgotten claims: it is another system or timeline.
  await sql`
    create table fleet_epoch (
      singleton boolean primary key default true check (singleton),
      system_identifier bigint not null,
      timeline integer not null,
      noted_at timestamptz not null default now()
    )`.execute(db)

  await sql`
    create table scheduler_ticks (
      task text primary key,
      worker text not null,
      ticked_at timestamptz not null default now()
    )`.execute(db)
}
