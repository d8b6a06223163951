import type { Clock } from '../../src/core/clock.ts'

export interface HandClock extends Clock {
  /** Both clocks go on. */
  advance(ms: number): void
  /** Only the wall clock goes on, as while a machine sleeps. */
  sleep(ms: number): void
}

/** A clock that stands still until it is moved. It starts at the real time, which the database shares. */
export function createHandClock(startMs = Date.now()): HandClock {
  let wallMs = startMs
  let monotonicMs = 1_000_000
  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monotonicMs,
    advance(ms) {
      wallMs += ms
      monotonicMs += ms
    },
    sleep(ms) {
      wallMs += ms
    },
  }
}
