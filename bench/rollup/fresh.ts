import { type Engagement, recordEngagement } from '../../src/analytics/event-store.ts'
import type { Ground } from '../ground.ts'
import { emailsOfDay, type HistoryPlan, type SentEmail } from './history.ts'
import { loadHistory } from './load.ts'

const dayMs = 86_400_000

/** How long ago emails were sent that are still opened. */
const stillOpenedDays = 10

/**
 * An hour's worth of a busy fleet: events of emails sent today, by COPY, and opens and clicks of emails that the plan's history
 * has sent, through the door that tracking uses. Each hour has others. Returns how many.
 */
export async function addFresh(
  ground: Ground,
  plan: HistoryPlan,
  { count, hour }: { count: number; hour: number },
): Promise<number> {
  const opened = await recordAll(ground, openings(plan, { count: Math.round(count * 0.4), hour }))
  const today = { ...plan, seed: plan.seed + 1 + hour, from: plan.until, days: 1, until: plan.until + dayMs }
  const emailsPerDay = Math.round((count - opened) / eventsOnDayOfSending)
  const { events } = await loadHistory(ground, { ...today, emailsPerDay })
  return opened + events
}

/** Of an email's events those that happen on the day it is sent, and before the day is over. */
const eventsOnDayOfSending = 1.85

function* openings(
  plan: HistoryPlan,
  { count, hour }: { count: number; hour: number },
): Generator<Engagement> {
  const unbounded = { ...plan, until: Number.POSITIVE_INFINITY }
  let left = count
  for (let day = plan.days - 1; day >= plan.days - stillOpenedDays && left > 0; day -= 1)
    for (const email of emailsOfDay(unbounded, day))
      for (const opening of openingsOf(email, plan.until)) {
        if (left === 0) return
        left -= 1
        yield { ...opening, requestId: `${hour}/${opening.requestId}` }
      }
}

function openingsOf(email: SentEmail, from: number): Engagement[] {
  return email.events.flatMap(({ type, at, machine }, index) => {
    if (at < from || (type !== 'opened' && type !== 'clicked')) return []
    const ids = { tenantId: email.rotation.tenantId, emailId: email.id, requestId: `${email.id}/${index}` }
    return [{ ...ids, type, at: new Date(at), machine: machine ? 'apple_privacy' : null }]
  })
}

async function recordAll(ground: Ground, engagements: Iterable<Engagement>): Promise<number> {
  let recorded = 0
  const flush = async (batch: Engagement[]) => {
    const fresh = await ground.db.transaction().execute((trx) => recordEngagement(trx, batch))
    recorded += fresh.size
  }
  let batch: Engagement[] = []
  for (const engagement of engagements) {
    batch.push(engagement)
    if (batch.length === 1000) {
      await flush(batch)
      batch = []
    }
  }
  if (batch.length > 0) await flush(batch)
  return recorded
}
