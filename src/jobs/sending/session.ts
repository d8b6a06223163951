import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import type { Coalescer } from '../../core/coalescer.ts'
import type { ClaimedEmail } from '../../sending/claim-emails.ts'
import type { LaneBlock, LaneRef } from '../../sending/lane-state.ts'
import type { LaneClaim, LaneClaimAnswer, Moment } from './claimer.ts'

export interface SessionPorts {
  clock: Clock
  claimer: Coalescer<LaneClaim, LaneClaimAnswer>
  /** Submits and settles one email; says what the whole lane must wait for, if its outcome tells. */
  send(email: ClaimedEmail, claimedAt: Moment): Promise<LaneBlock | undefined>
}

export interface SessionLimits {
  /** Connections the mailbox may have at once: as many emails are on the wire, and no more are claimed. */
  connections: number
  quantumEmails: number
  quantumMs: number
  /** A gap up to this long is waited for in the slot; for a longer one the slot is given away. */
  waitInSlotMs: number
}

export interface SessionResult {
  sent: number
  /** Why the session ended. */
  end: 'quantum' | 'drained' | 'blocked' | 'stopped'
  block: LaneBlock | undefined
}

/** One turn of one lane: claims as connections come free, until its quantum is used, nothing is due, or it is blocked. */
export async function runSession(
  lane: LaneRef,
  ports: SessionPorts,
  limits: SessionLimits,
  signal: AbortSignal,
): Promise<SessionResult> {
  const startedMs = ports.clock.monotonicMs()
  const onTheWire = new Set<Promise<void>>()
  let sent = 0
  let laneBlock: LaneBlock | undefined
  let failure: { error: unknown } | undefined

  function start(email: ClaimedEmail, claimedAt: Moment): void {
    sent += 1
    const work = ports.send(email, claimedAt).then(
      (block) => {
        laneBlock = block ?? laneBlock
      },
      (error: unknown) => {
        failure = { error }
      },
    )
    const tracked = work.finally(() => onTheWire.delete(tracked))
    onTheWire.add(tracked)
  }

  const ended = (): SessionResult['end'] | undefined => {
    if (failure || signal.aborted) return 'stopped'
    if (laneBlock) return 'blocked'
    const spent = sent >= limits.quantumEmails || ports.clock.monotonicMs() - startedMs >= limits.quantumMs
    return spent ? 'quantum' : undefined
  }

  async function turn(): Promise<SessionResult['end']> {
    for (;;) {
      const end = ended()
      if (end) return end
      const free = limits.connections - onTheWire.size
      if (free <= 0) {
        await Promise.race(onTheWire)
        continue
      }
      const wanted = Math.min(free, limits.quantumEmails - sent)
      const answer = await ports.claimer.add({ ...lane, wanted })
      for (const email of answer.emails) start(email, answer.startedAt)
      if (answer.block && !(await waitInSlot(answer.block, answer.now))) {
        laneBlock = answer.block
      } else if (!answer.block && answer.picked === 0) {
        if (onTheWire.size === 0) return ended() ?? 'drained'
        await Promise.race(onTheWire)
      }
    }
  }

  // From the database's time on: this machine's clock may be hours ahead, or behind.
  async function waitInSlot(block: LaneBlock, now = ports.clock.now()): Promise<boolean> {
    const waitMs = block.until ? block.until.getTime() - now.getTime() : Number.POSITIVE_INFINITY
    if (waitMs > limits.waitInSlotMs) return false
    await sleep(Math.max(1, waitMs), undefined, { signal }).catch(() => undefined)
    return true
  }

  let end: SessionResult['end']
  try {
    end = await turn()
  } finally {
    // Also when the claim failed: what is on the wire belongs to this session until it is settled.
    await Promise.all(onTheWire)
  }
  if (failure) throw failure.error
  return { sent, end, block: laneBlock }
}
