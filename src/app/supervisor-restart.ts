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

export interface Exit {
  /** Null when a signal ended the process. */
  code: number | null
  signal: NodeJS.Signals | null
  livedMs: number
  /** What it had been told to stop with, if it had. */
  stopping: NodeJS.Signals | undefined
}

export type AfterExit =
  /** 0: stopped well. 1: stopped badly. 2: its configuration is wrong, starting it again changes nothing. */
  { kind: 'over'; exitCode: 0 | 1 | 2 } | { kind: 'restart'; crashesInARow: number; delayMs: number }

/** What follows when a process has ended; it crashed `crashesBefore` times in a row before this life. */
export function decideAfterExit(exit: Exit, crashesBefore: number, rule: RestartRule): AfterExit {
  if (exit.stopping) {
    const well = exit.code === 0 || exit.signal === exit.stopping
    return { kind: 'over', exitCode: well ? 0 : 1 }
  }
  if (exit.code === 2) return { kind: 'over', exitCode: 2 }
  const crashesInARow = exit.livedMs >= rule.healthyAfterMs ? 1 : crashesBefore + 1
  const delayMs = Math.min(rule.firstDelayMs * 2 ** (crashesInARow - 1), rule.longestDelayMs)
  return { kind: 'restart', crashesInARow, delayMs }
}
