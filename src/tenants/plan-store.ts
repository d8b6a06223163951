import { sql } from 'kysely'
import { AppError } from '../core/errors.ts'
import type { Db, Trx } from '../db/connect.ts'
import type { PlanChange } from './plan.ts'

/**
 * What the plan allows holds from this month on, in the tenant's zone; returns the first days (YYYY-MM-DD) of the months whose
 * plan it changes: this one, and any later one that was begun in another zone.
 */
export async function setPlan(trx: Trx, tenantId: string, change: PlanChange): Promise<string[]> {
  const { eventDays: _eventDays, ...allowances } = change
  if (Object.values(allowances).every((allowance) => allowance === undefined)) {
    await updatePlan(trx, tenantId, change)
    return []
  }
  const plan = sql.raw('plan_emails, plan_mailboxes, plan_contacts')
  await sql`
    insert into tenant_plans (tenant_id, month, ${plan}) select id, '-infinity', ${plan} from tenants
     where id = ${tenantId} on conflict do nothing`.execute(trx)
  await updatePlan(trx, tenantId, change)
  const { rows } = await sql<{ month: string }>`
    insert into tenant_plans (tenant_id, month, ${plan})
    select id, date_trunc('month', now() at time zone timezone)::date, ${plan} from tenants where id = ${tenantId}
    on conflict (tenant_id, month) do update set (${plan}) = row(excluded.plan_emails, excluded.plan_mailboxes,
                                                                excluded.plan_contacts)
    returning month`.execute(trx)
  const [row] = rows
  if (!row) throw new AppError('not_found', `There is no tenant ${tenantId}.`)
  const later = await trx
    .deleteFrom('tenant_plans')
    .where('tenant_id', '=', tenantId)
    .where('month', '>', row.month)
    .returning('month')
    .execute()
  return [row.month, ...later.map(({ month }) => month)]
}

async function updatePlan(
  trx: Trx,
  tenantId: string,
  { planEmails, planMailboxes, planContacts, eventDays }: PlanChange,
): Promise<void> {
  await trx
    .updateTable('tenants')
    .set({
      ...(planEmails !== undefined && { plan_emails: planEmails }),
      ...(planMailboxes !== undefined && { plan_mailboxes: planMailboxes }),
      ...(planContacts !== undefined && { plan_contacts: planContacts }),
      ...(eventDays !== undefined && { event_days: eventDays }),
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', tenantId)
    .execute()
}

export interface ShorterRetention {
  tenantId: string
  name: string
  days: number
}

/** Tenants whose events are kept for fewer days than these. */
export async function listShorterRetentions(db: Db, days: number): Promise<ShorterRetention[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['id', 'name', 'event_days'])
    .where('event_days', '<', days)
    .orderBy('name')
    .execute()
  return rows.flatMap(({ id, name, event_days }) =>
    event_days === null ? [] : [{ tenantId: id, name, days: event_days }],
  )
}
