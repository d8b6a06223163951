import type { Db } from '../db/connect.ts'

/** What a tenant used in a month, what its plan allowed then (null: any number), and how much was over. */
export type MonthUsage = {
  tenant: string
  /** YYYY-MM-DD, the first day. */
  period_start: string
  emails_sent: number
  plan_emails: number | null
  emails_over: number
  mailboxes_active: number
  plan_mailboxes: number | null
  mailboxes_over: number
  contacts_reached: number
  plan_contacts: number | null
  contacts_over: number
  /** When it was last added up. */
  updated_at: Date
}

/** In their order in a file. */
export const usageColumns = [
  'tenant',
  'period_start',
  'emails_sent',
  'plan_emails',
  'emails_over',
  'mailboxes_active',
  'plan_mailboxes',
  'mailboxes_over',
  'contacts_reached',
  'plan_contacts',
  'contacts_over',
  'updated_at',
] as const satisfies readonly (keyof MonthUsage)[]

/** The months from that day on, of one tenant or of all, the newest first. */
export function listUsage(db: Db, from: string, tenantId?: string): Promise<MonthUsage[]> {
  return db
    .selectFrom('billing_analytics as b')
    .innerJoin('tenants as t', 't.id', 'b.tenant_id')
    .select(['t.name as tenant', 'b.period_start', 'b.emails_sent', 'b.plan_emails', 'b.emails_over'])
    .select(['b.mailboxes_active', 'b.plan_mailboxes', 'b.mailboxes_over'])
    .select(['b.contacts_reached', 'b.plan_contacts', 'b.contacts_over', 'b.updated_at'])
    .where('b.period_start', '>=', from)
    .$if(tenantId !== undefined, (query) => query.where('b.tenant_id', '=', tenantId ?? ''))
    .orderBy('b.period_start', 'desc')
    .orderBy('t.name')
    .execute()
}
