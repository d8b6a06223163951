/** Where the time comes from, for the shells that read it; decisions take `now`. */
export interface Clock {
  now(): Date
  /** Milliseconds that only go forward, whatever happens to the wall clock. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}
