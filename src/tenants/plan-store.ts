import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { PlanChange } from './plan.ts'

export async function setPlan(
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
