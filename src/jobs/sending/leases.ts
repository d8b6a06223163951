import type { Clock } from '../../core/clock.ts'
import type { Db } from '../../db/connect.ts'
import { type LeasedEmail, setLeases } from '../../sending/lease-store.ts'
import type { Moment } from './claimer.ts'

export interface LeaseOptions {
  clock: Clock
  leaseSeconds: number
  /** Nothing is released so close to the end of a lease: clocks differ, and the last bytes take time. */
  marginSeconds: number
  onError: (error: unknown) => void
}

export interface Leases {
  /** Holds the lease of a claimed email until `release`. */
  hold(email: LeasedEmail, claimedAt: Moment): Lease
  stop(): void
}

export interface Lease {
  /** Whether the lease stands by both clocks: the monotonic one, and the wall clock that runs while a machine sleeps. */
  isHeld(): boolean
  release(): void
}

interface Held {
  email: LeasedEmail
  renewedAt: Moment
}

/** Keeps the leases of all emails on the wire, renewed in one statement every third of a lease. */
export function createLeases(db: Db, options: LeaseOptions): Leases {
  const held = new Set<Held>()
  const leaseMs = options.leaseSeconds * 1000
  const usableMs = leaseMs - options.marginSeconds * 1000
  const timer = setInterval(() => void renew().catch(options.onError), leaseMs / 3)
  timer.unref()

  async function renew(): Promise<void> {
    const leases = [...held]
    if (leases.length === 0) return
    const renewedAt = momentOf(options.clock)
    const ours = await setLeases(
      db,
      leases.map((lease) => lease.email),
      options.leaseSeconds,
    )
    for (const lease of leases) if (ours.has(lease.email.id)) lease.renewedAt = renewedAt
  }

  const stands = (since: Moment): boolean => {
    const now = momentOf(options.clock)
    return now.monotonicMs - since.monotonicMs < usableMs && now.wallMs - since.wallMs < usableMs
  }

  return {
    hold(email, claimedAt) {
      const lease: Held = { email, renewedAt: claimedAt }
      held.add(lease)
      return { isHeld: () => stands(lease.renewedAt), release: () => held.delete(lease) }
    },
    stop: () => clearInterval(timer),
  }
}

const momentOf = (clock: Clock): Moment => ({
  wallMs: clock.now().getTime(),
  monotonicMs: clock.monotonicMs(),
})
