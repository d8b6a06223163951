import { sql } from 'kysely'
import type { Db, Trx } from './connect.ts'
import { partitionLock } from './partitions.ts'

/**
 * Creates the yearly partitions of billing_analytics from this year to so many ahead, and of the years of which the default
 * partition holds months, which move there. Returns the names created. Safe in several processes at once.
 */
export async function ensureBillingPartitions(db: Db, now: Date, yearsAhead = 2): Promise<string[]> {
  const ahead = Array.from({ length: yearsAhead + 1 }, (_, years) => now.getUTCFullYear() + years)
  const existing = await listPartitionNames(db)
  const created: string[] = []
  for (const year of new Set([...ahead, ...(await listStrayYears(db))])) {
    if (existing.has(nameOf(year))) continue
    const isNew = await db.transaction().execute((trx) => createPartition(trx, year))
    if (isNew) created.push(nameOf(year))
  }
  return created
}

const nameOf = (year: number) => `billing_analytics_y${year}`

async function listPartitionNames(db: Db): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'billing_analytics'::regclass`.execute(db)
  return new Set(rows.map(({ name }) => name))
}

async function listStrayYears(db: Db): Promise<number[]> {
  const { rows } = await sql<{ year: number }>`
    select distinct extract(year from period_start)::integer as year from billing_analytics_default`.execute(
    db,
  )
  return rows.map(({ year }) => year)
}

async function createPartition(trx: Trx, year: number): Promise<boolean> {
  const table = sql.table(nameOf(year))
  const from = sql.lit(`${year}-01-01`)
  const until = sql.lit(`${year + 1}-01-01`)
  await sql`select pg_advisory_xact_lock(${sql.lit(partitionLock)})`.execute(trx)
  if ((await listPartitionNames(trx)).has(nameOf(year))) return false
  await sql`set local lock_timeout = '10s'`.execute(trx)
  await sql`lock table billing_analytics in share row exclusive mode`.execute(trx)
  await sql`
    create table ${table} (like billing_analytics including defaults including constraints including generated)`.execute(
    trx,
  )
  // What is over the plan is computed anew: nothing can be inserted there.
  const columns = sql.raw(
    'tenant_id, period_start, period_end, emails_sent, mailboxes_active, contacts_reached, plan_emails, plan_mailboxes, plan_contacts, updated_at',
  )
  await sql`
    with moved as (
      delete from billing_analytics_default
       where period_start >= ${from} and period_start < ${until} returning ${columns}
    )
    insert into ${table} (${columns}) select * from moved`.execute(trx)
  await sql`
    alter table billing_analytics attach partition ${table} for values from (${from}) to (${until})`.execute(
    trx,
  )
  return true
}
