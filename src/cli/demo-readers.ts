import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { recordEngagement } from '../analytics/event-store.ts'
import { machineReason } from '../analytics/machine.ts'
import { listStepFigures, type StepFigures } from '../analytics/report-store.ts'
import type { Campaign } from '../campaigns/store.ts'
import type { Db } from '../db/connect.ts'
import { audit, rollUp } from '../jobs/analytics/roll-up.ts'
import { listReadableEmails, sumReadings } from '../lab/demo-store.ts'
import { countReadings, type Reading, type ReadingCounts, readingsOf } from '../lab/readers.ts'
import { formatCount } from './output.ts'

/** What the lab's readers did, and what came of it. */
export interface Counted {
  made: ReadingCounts
  found: ReadingCounts
  /** Of an audit. */
  differences: number
  agree: boolean
  /** Of the first campaign. */
  funnel: StepFigures[]
}

const batchSize = 1000
const readAfterMs = 3_600_000

/** Tracking is not there yet: the lab opens and clicks in its place. */
export async function letReadersRead(db: Db): Promise<Reading[]> {
  const read = (await listReadableEmails(db)).flatMap((email) =>
    readingsOf(email).map((reading) => ({ email, reading })),
  )
  const engagements = read.map(({ email, reading }) => ({
    tenantId: email.tenantId,
    emailId: email.id,
    requestId: reading.who,
    type: reading.type,
    at: new Date(email.sentAt.getTime() + readAfterMs),
    machine: machineReason(reading),
    ip: reading.ip,
    userAgent: reading.userAgent,
  }))
  for (let from = 0; from < engagements.length; from += batchSize) {
    const batch = engagements.slice(from, from + batchSize)
    await db.transaction().execute((trx) => recordEngagement(trx, batch))
  }
  return read.map(({ reading }) => reading)
}

/** Counts all that has happened, and holds it against what the readers did. */
export async function countDemo(
  db: Db,
  { tenant_id, id }: Campaign,
  readings: readonly Reading[],
  signal: AbortSignal,
): Promise<Counted> {
  await rollUp(db)
  const differences = await countDifferences(db, signal)
  const [made, found] = [countReadings(readings), await sumReadings(db)]
  const agree = differences === 0 && isDeepStrictEqual(made, found)
  const funnel = await listStepFigures(db, { tenantId: tenant_id, campaignId: id })
  return { made, found, differences, agree, funnel }
}

// A worker's pass may be at it: it is over soon.
async function countDifferences(db: Db, signal: AbortSignal): Promise<number> {
  for (;;) {
    const differences = await audit(db, { from: '-infinity', to: 'infinity' })
    if (differences) return differences.length
    await sleep(200, undefined, { signal })
  }
}

/** A line for each promise, kept or not. */
export function countedVerdict({ made, found, differences }: Counted): string[] {
  const words = ({ opened, clicked, machineOpens, machineClicks }: ReadingCounts) =>
    `${opened} opened, ${clicked} clicked; of machines, apart, ${machineOpens} opens and ${machineClicks} clicks`
  return [
    isDeepStrictEqual(made, found)
      ? `✓ The figures are what the readers did: ${words(found)}.`
      : `✗ The figures are not what the readers did: ${words(found)} were counted, ${words(made)} is what should be true.`,
    differences === 0
      ? '✓ An audit of the figures found no difference.'
      : `✗ An audit of the figures found ${formatCount(differences, 'difference')}: rookery analytics audit lists them.`,
  ]
}
