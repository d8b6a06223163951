import type { Db, Trx } from '../db/connect.ts'
import { type CampaignDays, campaignDays } from './campaign-days.ts'
import { stepDelay } from './delay.ts'
import { listPlannedDays } from './planner-store.ts'
import type { Campaign, StepText } from './store.ts'
import type { SendingWindow } from './window.ts'

/** What the limits of a campaign leave of its days, as far as it is planned, `without` some; undefined if it has none. */
export async function openDays(
  db: Db | Trx,
  campaign: Campaign,
  steps: readonly Pick<StepText, 'delay'>[],
  window: SendingWindow,
  without: ReadonlyMap<string, number> = new Map(),
): Promise<CampaignDays | undefined> {
  const { daily_limit: dailyLimit, new_leads_per_day: newLeadsPerDay, timezone: zone } = campaign
  if (dailyLimit === null && newLeadsPerDay === null) return undefined
  const delays = steps.slice(1).map((step) => stepDelay.parse(step.delay))
  const all = await listPlannedDays(db, campaign)
  const planned = new Map([...all].map(([day, count]) => [day, count - (without.get(day) ?? 0)]))
  return campaignDays({ dailyLimit, newLeadsPerDay, delays, window, zone, planned })
}
