import { setTimeout as sleep } from 'node:timers/promises'
import { type CampaignReport, reportCampaign } from '../campaigns/report.ts'
import { type Campaign, findCampaign } from '../campaigns/store.ts'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { countParked } from '../lab/demo-store.ts'
import type { DemoFigures } from './demo-screen.ts'

interface WatchOptions {
  show(figures: DemoFigures): void
  signal: AbortSignal
  timeoutSeconds: number
}

export interface Watched {
  report: CampaignReport
  seconds: number
  /** Every lead is through, or held for longer than anybody would watch, and no email is still looked for. */
  complete: boolean
}

const everyMs = 200
const rateOverMs = 2000

/** Follows a campaign until no lead waits for anything but somebody's return, or time is up. */
export async function watchCampaign(db: Db, campaign: Campaign, options: WatchOptions): Promise<Watched> {
  const startedAt = performance.now()
  const rateOf = createRate()
  for (;;) {
    const report = await reportNow(db, campaign)
    const now = performance.now()
    const seconds = (now - startedAt) / 1000
    const { byEnd, total } = report.leads
    const totals = totalsOf(report)
    const through = byEnd.waiting === countHeld(report)
    const complete = through && totals.unknown === (await countParked(db, campaign))
    const last = complete || seconds > options.timeoutSeconds
    options.show({
      ...totals,
      leads: { ended: total - byEnd.waiting, total },
      emailsPerSecond: rateOf(totals.sent, now),
      seconds,
      last,
    })
    if (last) return { report, seconds, complete }
    await sleep(everyMs, undefined, { signal: options.signal })
  }
}

const countHeld = ({ leads }: CampaignReport) =>
  leads.ends
    .filter(({ end, code }) => end === 'waiting' && code === 'held')
    .reduce((sum, { count }) => sum + count, 0)

// The campaign's row moves on with its leads: how far they are enrolled, whether it is complete.
async function reportNow(db: Db, { tenant_id, campaign_name }: Campaign): Promise<CampaignReport> {
  const campaign = await findCampaign(db, tenant_id, campaign_name)
  if (!campaign) throw new AppError('not_found', `The campaign "${campaign_name}" is gone.`)
  return reportCampaign(db, campaign)
}

function totalsOf({ steps }: CampaignReport) {
  const totals = { planned: 0, sent: 0, deferred: 0, failed: 0, skipped: 0, unknown: 0 }
  for (const step of steps) {
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += step[name]
  }
  return totals
}

/** Per second, over the last moments. */
function createRate(): (count: number, nowMs: number) => number {
  let samples: { count: number; at: number }[] = []
  return (count, at) => {
    samples = [...samples.filter((sample) => at - sample.at <= rateOverMs), { count, at }]
    const [first] = samples
    return first && at > first.at ? ((count - first.count) / (at - first.at)) * 1000 : 0
  }
}
