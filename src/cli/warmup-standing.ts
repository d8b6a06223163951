import { rampCap, rampDay } from '../core/ramp.ts'
import type { WarmupStanding } from '../warmup/account-store.ts'

/** A standing as it is printed; `cap` null: its ramp limits it no more. */
export function standingOutput(row: WarmupStanding) {
  const day = row.ramp ? rampDay(row.ramp, row.date) : undefined
  return {
    mailbox: row.address,
    status: row.status,
    health: row.health,
    day: day === undefined ? null : day + 1,
    cap: row.ramp ? rampCap(row.ramp, row.date) : null,
    warmupSent: row.warmupSentToday,
    campaignSent: row.campaignSentToday,
    startedOn: row.startedOn,
    lastRoundAt: row.lastRoundAt,
    lastRoundNote: row.lastRoundNote,
    note: noteOf(row),
  }
}

/** What keeps it back, the first that holds. */
function noteOf(row: WarmupStanding): string | null {
  if (row.status === 'paused') return `paused: ${row.pausedReason ?? 'by hand'}`
  if (row.status === 'quarantined') return `quarantined: ${row.healthReason ?? 'its health'}`
  if (row.pool === 'none') return 'its tenant has no pool: rookery warmup pool'
  return row.healthReason ?? row.planNote ?? row.lastRoundNote
}
