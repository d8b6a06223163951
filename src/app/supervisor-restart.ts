export interface RestartRule {
  firstDelayMs: number
  longestDelayMs: number
  /** A process that lived this long was well: its earlier crashes are forgotten. */
  healthyAfterMs: number
}

export const defaultRestartRule: RestartRule = {
  firstDelayMs: 500,
  longestDelayMs: 30_000,
  healthyAfterMs: 60_000,
}

/** How often a process has crashed in a row, now that it did so after `livedMs`. */
export function countCrash(before: number, livedMs: number, rule: RestartRule): number {
  return livedMs >= rule.healthyAfterMs ? 1 : before + 1
}

/** How long to wait before the next start: doubled with every crash in a row. */
export function restartDelayMs(crashesInARow: number, rule: RestartRule): number {
  return Math.min(rule.firstDelayMs * 2 ** (crashesInARow - 1), rule.longestDelayMs)
}
