import { type ChildProcess, spawn } from 'node:child_process'
import type { Logger } from '../telemetry/log.ts'
import type { LineWriter } from './supervisor-output.ts'
import { type AfterExit, decideAfterExit, type Exit, type RestartRule } from './supervisor-restart.ts'
import { workerFlags } from './worker-flags.ts'

export interface ChildOptions {
  name: string
  /** The worker file; it runs on the Node that runs this process. */
  file: string
  env: NodeJS.ProcessEnv
  directory?: string
  /** How long it may take to stop before it is killed. */
  killAfterMs: number
  restart: RestartRule
  log: Logger
  lines: LineWriter
}

/** A worker process that is started again whenever it ends, until it is told to stop or cannot ever start. */
export interface Child {
  /** Passes the signal on; the second one is passed on as well. */
  stop(signal: NodeJS.Signals): void
  /** How it ended for good: 0 stopped well, 1 did not, 2 its configuration is wrong. */
  ended: Promise<number>
}

export function keepRunning(options: ChildOptions): Child {
  const { promise: ended, resolve: end } = Promise.withResolvers<number>()
  let child: ChildProcess | undefined
  let crashes = 0
  let stopping: NodeJS.Signals | undefined
  let restartTimer: NodeJS.Timeout | undefined
  let killTimer: NodeJS.Timeout | undefined

  const start = () => {
    const startedAtMs = performance.now()
    child = spawnWorker(options)
    child.once('close', (code, signal) => {
      child = undefined
      clearTimeout(killTimer)
      follow({ code, signal, stopping, livedMs: performance.now() - startedAtMs })
    })
  }
  const follow = (exit: Exit) => {
    const next = decideAfterExit(exit, crashes, options.restart)
    reportExit(options, exit, next)
    if (next.kind === 'over') return end(next.exitCode)
    crashes = next.crashesInARow
    restartTimer = setTimeout(start, next.delayMs)
  }
  const stop = (signal: NodeJS.Signals) => {
    stopping = signal
    clearTimeout(restartTimer)
    if (!child) return end(0)
    child.kill(signal)
    killTimer ??= setTimeout(() => child?.kill('SIGKILL'), options.killAfterMs)
  }
  start()
  return { stop, ended }
}

function reportExit({ name, log }: ChildOptions, { code, signal }: Exit, next: AfterExit): void {
  const fields = { process: name, code, signal }
  if (next.kind === 'restart') {
    const { crashesInARow, delayMs } = next
    log.error({ ...fields, crashesInARow, restartInMs: delayMs }, 'process.crashed')
  } else if (next.exitCode === 2) log.error(fields, 'process.misconfigured')
  else log[next.exitCode === 0 ? 'info' : 'error'](fields, 'process.ended')
}

// In a process group of its own, so that Ctrl+C at the terminal reaches it once, through the supervisor. The IPC
// channel carries no messages: the worker stops by itself when it closes, which it also does if we are killed.
function spawnWorker({ name, file, env, directory, lines, log }: ChildOptions): ChildProcess {
  const child = spawn(process.execPath, [...workerFlags, file], {
    env,
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  child.once('error', (err) => log.error({ process: name, err }, 'process.unspawnable'))
  if (child.stdout) lines.copy(name, child.stdout)
  if (child.stderr) lines.copy(name, child.stderr)
  log.info({ process: name, childPid: child.pid }, 'process.spawned')
  return child
}
