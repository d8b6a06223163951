import { seededFraction } from '../core/seeded.ts'
import { whenAwake } from '../core/waking-hours.ts'
import type { Candidate, ClaimDecision } from './claim.ts'
import type { LaneState } from './lane-state.ts'

/** A plan or an answer that was written while the mailbox left its pool goes no further than here. */
export function restFromWarmup(
  { kind, id, content }: Pick<Candidate, 'kind' | 'id' | 'content'>,
  { warmupStatus, limits }: Pick<LaneState, 'warmupStatus' | 'limits'>,
  now: Date,
): ClaimDecision | undefined {
  if (kind !== 'warmup') return undefined
  switch (warmupStatus) {
    case 'warming':
    case 'ready':
      return tooLate(content, now) ?? untilMorning(id, limits.timezone, now)
    case 'paused':
      return { kind: 'skip', code: 'warmup_paused', reason: 'the warmup of the mailbox is paused' }
    case 'quarantined':
      return { kind: 'skip', code: 'warmup_quarantined', reason: 'the mailbox has left the warmup pool' }
    case 'none':
      return { kind: 'skip', code: 'warmup_ended', reason: 'the mailbox takes no part in warmup' }
  }
}

function tooLate(content: unknown, now: Date): ClaimDecision | undefined {
  const { notAfter } = (content ?? {}) as { notAfter?: string }
  if (notAfter === undefined || now <= new Date(notAfter)) return undefined
  return { kind: 'skip', code: 'warmup_stale', reason: 'it has waited too long to be sent' }
}

// What did not fit into its day, or waited for a worker, leaves at an hour at which people write.
function untilMorning(id: string, timezone: string, now: Date): ClaimDecision | undefined {
  const until = whenAwake(now, timezone, seededFraction(0, 'morning', id))
  if (until <= now) return undefined
  return { kind: 'defer', until, code: 'warmup_night', reason: `it is night in ${timezone}` }
}
