import type { Db } from '../db/connect.ts'

/** What a tenant used in a month, and what its plan allows; null: any number. */
export interface MonthUsage {
  tenant: string
  /** YYYY-MM-DD, the first day. */
  period_start: string
  emails_sent: number
  plan_emails: number | null
  mailboxes_active: number
  plan_mailboxes: number | null
  contacts_reached: number
  plan_contacts: number | null
  /** When it was last added up. */
  updated_at: Date
}

/** The months from that day on, of one tenant or of all, the newest first. */
export function listUsage(db: Db, from: string, tenantId?: string): Promise<MonthUsage[]> {
  return db
    .selectFrom('billing_analytics as b')
    .innerJoin('tenants as t', 't.id', 'b.tenant_id')
    .select(['t.name as tenant', 'b.period_start', 'b.emails_sent', 't.plan_emails', 'b.mailboxes_active'])
    .select(['t.plan_mailboxes', 'b.contacts_reached', 't.plan_contacts', 'b.updated_at'])
    .where('b.period_start', '>=', from)
    .$if(tenantId !== undefined, (query) => query.where('b.tenant_id', '=', tenantId ?? ''))
    .orderBy('b.period_start', 'desc')
    .orderBy('t.name')
    .execute()
}
