import type { Logger } from '../telemetry/log.ts'
import { type Child, keepRunning } from './supervisor-child.ts'
import { createLineWriter } from './supervisor-output.ts'
import { defaultRestartRule, type RestartRule } from './supervisor-restart.ts'

export interface SupervisedProcess {
  name: string
  file: string
  env: NodeJS.ProcessEnv
  /** Where it works; as this process, if left out. */
  directory?: string
}

export interface SupervisorOptions {
  processes: readonly SupervisedProcess[]
  /** What a process is given between the signal and the kill, 5 s less: its own limit comes first. */
  shutdownSeconds: number
  output: NodeJS.WritableStream & { isTTY?: boolean }
  log: Logger
  restart?: RestartRule
}

export interface Supervisor {
  /** Passes the signal on to every process and restarts none of them any more. */
  stop(signal: NodeJS.Signals): void
  /** The exit code, once no process is left: 0 all stopped well, 1 not all did, 2 all are misconfigured. */
  ended: Promise<number>
}

const graceSeconds = 5

/** Runs worker processes, restarts those that crash, and joins their output. */
export function superviseProcesses(options: SupervisorOptions): Supervisor {
  const names = options.processes.map(({ name }) => name)
  const lines = createLineWriter(options.output, names)
  const children: Child[] = options.processes.map((each) =>
    keepRunning({
      ...each,
      killAfterMs: (options.shutdownSeconds + graceSeconds) * 1_000,
      restart: options.restart ?? defaultRestartRule,
      log: options.log,
      lines,
    }),
  )
  const codes = Promise.all(children.map((child) => child.ended))
  return {
    stop: (signal) => {
      for (const child of children) child.stop(signal)
    },
    ended: codes.then((all) => Math.max(0, ...all)),
  }
}
