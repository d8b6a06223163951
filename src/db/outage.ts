import { isConnectionError } from './retry.ts'

export interface Outage {
  /** True for an error of a database that is away: that has been said, and needs no further line. */
  covers(error: unknown): boolean
  /** The database has answered somebody. */
  answered(): void
}

/** Says once when the database goes away and once when it is back, however many of a process ask it meanwhile. */
export function watchOutage(options: {
  monotonicMs: () => number
  onAway: (error: unknown) => void
  onBack: (seconds: number) => void
}): Outage {
  let awaySinceMs: number | undefined
  return {
    covers(error) {
      if (!isConnectionError(error)) return false
      if (awaySinceMs === undefined) {
        awaySinceMs = options.monotonicMs()
        options.onAway(error)
      }
      return true
    },
    answered() {
      if (awaySinceMs === undefined) return
      const seconds = (options.monotonicMs() - awaySinceMs) / 1000
      awaySinceMs = undefined
      options.onBack(seconds)
    },
  }
}
