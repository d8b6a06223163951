import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { sentDayFigures } from './daily-store.ts'
import { happenedFigures } from './happened-store.ts'

/** Whose days: all of a tenant, or those of one campaign, or of one mailbox or several, of it. */
export interface DaySelection {
  tenantId: string
  campaignId?: string | undefined
  mailboxId?: string | readonly string[] | undefined
  /** YYYY-MM-DD, the first and the last day. */
  from: string
  to: string
}

const counts = [...sentDayFigures, 'late_events', ...happenedFigures] as const

// Per cent of the emails sent.
const partOf = {
  open_rate: 'emails_opened',
  click_rate: 'emails_clicked',
  reply_rate: 'emails_replied',
  bounce_rate: 'emails_bounced',
}
const rateNames = ['open_rate', 'click_rate', 'reply_rate', 'bounce_rate'] as const

/** In their order in a file. */
export const dayColumns = ['date', ...counts, ...rateNames] as const

/**
 * What became of the emails that were sent on a day (`emails_*`: how many; `total_*`: how often), and what was told on it of
 * emails of any day (`happened_*`, UTC). Rates are per cent of the emails sent, 0 where none was.
 */
export type DayFigures = { date: string } & Record<(typeof counts | typeof rateNames)[number], number>

// Rates are of the sums, never sums of rates.
const sums = sql.join([
  ...counts.map((column) => sql`sum(${sql.ref(column)})::bigint as ${sql.ref(column)}`),
  ...rateNames.map(
    (rate) => sql`
      case when sum(emails_sent) > 0 then 100.0 * sum(${sql.ref(partOf[rate])}) / sum(emails_sent) else 0 end::double precision
        as ${sql.ref(rate)}`,
  ),
])

/** In the order of the days; a day on which nothing happened is left out. */
export async function listDays(db: Db, selection: DaySelection): Promise<DayFigures[]> {
  const { tenantId, campaignId, mailboxId, from, to } = selection
  const { rows } = await sql<DayFigures>`
    select date, ${sums} from daily_analytics
     where tenant_id = ${tenantId} and date between ${from} and ${to}
       ${campaignId === undefined ? sql`` : sql`and campaign_id = ${campaignId}`}
       ${mailboxId === undefined ? sql`` : sql`and mailbox_id = any(${[mailboxId].flat()}::uuid[])`}
     group by date order by date`.execute(db)
  return rows
}

/** How far the emails of a step, of one variant if it has several, have come, by people's doing. */
export interface StepFigures {
  /** Of the step in its sequence; null: the step is gone. */
  position: number | null
  name: string | null
  /** A, B, …; null: the step has none. */
  variant: string | null
  sent: number
  delivered: number
  opened: number
  clicked: number
  replied: number
  bounced: number
  unsubscribed: number
  complained: number
}

/** The funnel of a campaign as of the last pass, in the order of its steps. */
export async function listStepFigures(
  db: Db,
  campaign: { tenantId: string; campaignId: string },
): Promise<StepFigures[]> {
  const { rows } = await sql<StepFigures>`
    select s.position, s.step_name as name, chr(64 + a.variant) as variant, a.sent, a.delivered, a.opened_tracked as opened, a.clicked_tracked as clicked,
           a.replied, a.bounced, a.unsubscribed, a.complained
      from campaign_analytics a
      left join campaign_steps s on s.tenant_id = a.tenant_id and s.id = a.step_id
     where a.tenant_id = ${campaign.tenantId} and a.campaign_id = ${campaign.campaignId}
     order by s.position nulls last, a.variant`.execute(db)
  return rows
}

/** When the last pass counted; undefined before the first. */
export async function findLastPass(db: Db): Promise<Date | undefined> {
  const row = await db
    .selectFrom('analytics_watermark')
    .select('passed_at')
    .where('method', '>', 0)
    .executeTakeFirst()
  return row?.passed_at
}

/** A tenant's campaigns in some days, the one that sent most first. */
export async function listTenantCampaigns(
  db: Db,
  { tenantId, from, to }: Pick<DaySelection, 'tenantId' | 'from' | 'to'>,
): Promise<(DayFigures & { campaign: string })[]> {
  const { rows } = await sql<DayFigures & { campaign: string }>`
    select c.campaign_name as campaign, d.* from (
      select campaign_id, ${sums} from daily_analytics
       where tenant_id = ${tenantId} and date between ${from} and ${to} and campaign_id is not null
       group by campaign_id) d
      join campaigns c on c.tenant_id = ${tenantId} and c.id = d.campaign_id
     order by d.emails_sent desc, c.campaign_name`.execute(db)
  return rows
}
