import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Whose days: all of a tenant, or those of one campaign or mailbox of it. */
export interface DaySelection {
  tenantId: string
  campaignId?: string | undefined
  mailboxId?: string | undefined
  /** YYYY-MM-DD, the first and the last day. */
  from: string
  to: string
}

const counts = [
  'emails_sent',
  'emails_delivered',
  'emails_opened',
  'emails_clicked',
  'emails_replied',
  'emails_bounced',
  'emails_unsubscribed',
  'emails_complained',
  'machine_opens',
] as const

/** In their order in a file. */
export const dayColumns = ['date', ...counts] as const

/** What became of the emails that were sent on a day. */
export type DayFigures = { date: string } & Record<(typeof counts)[number], number>

const sums = sql.join(counts.map((column) => sql`sum(${sql.ref(column)})::bigint as ${sql.ref(column)}`))

/** In the order of the days; a day on which nothing happened is left out. */
export async function listDays(db: Db, selection: DaySelection): Promise<DayFigures[]> {
  const { tenantId, campaignId, mailboxId, from, to } = selection
  const { rows } = await sql<DayFigures>`
    select date, ${sums} from daily_analytics
     where tenant_id = ${tenantId} and date between ${from} and ${to}
       ${campaignId === undefined ? sql`` : sql`and campaign_id = ${campaignId}`}
       ${mailboxId === undefined ? sql`` : sql`and mailbox_id = ${mailboxId}`}
     group by date order by date`.execute(db)
  return rows
}
