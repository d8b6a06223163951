import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface EventLoopWatch {
  look(): { stuck: boolean; longestDelayMs: number }
  stop(): void
}

const windowMs = 30_000

/**
 * Measures how long the event loop stands still. One that stands still for ever answers nobody; this is for
 * the one that answers, but late: its longest delay of the last half to whole minute counts.
 */
export function watchEventLoop(stuckAfterMs = 10_000): EventLoopWatch {
  const delays = monitorEventLoopDelay({ resolution: 20 })
  delays.enable()
  let before = 0
  const turn = setInterval(() => {
    before = delays.max
    delays.reset()
  }, windowMs)
  turn.unref()
  return {
    look: () => {
      const longestDelayMs = Math.round(Math.max(before, delays.max) / 1e6)
      return { stuck: longestDelayMs >= stuckAfterMs, longestDelayMs }
    },
    stop: () => {
      clearInterval(turn)
      delays.disable()
    },
  }
}
