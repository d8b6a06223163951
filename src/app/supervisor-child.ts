import { type ChildProcess, spawn } from 'node:child_process'
import type { Logger } from '../telemetry/log.ts'
import type { LineWriter } from './supervisor-output.ts'
import { countCrash, type RestartRule, restartDelayMs } from './supervisor-restart.ts'

export interface ChildOptions {
  name: string
  /** The worker file; it runs on the Node that runs this process. */
  file: string
  env: NodeJS.ProcessEnv
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

/** The exit code of a process whose configuration is wrong: starting it again changes nothing. */
const wrongConfiguration = 2

export function keepRunning(options: ChildOptions): Child {
  const { name, log, restart } = options
  const { promise: ended, resolve: end } = Promise.withResolvers<number>()
  let child: ChildProcess | undefined
  let crashes = 0
  let stopping: NodeJS.Signals | undefined
  let restartTimer: NodeJS.Timeout | undefined
  let killTimer: NodeJS.Timeout | undefined

  const start = () => {
    const startedAtMs = performance.now()
    child = spawnWorker(options)
    log.info({ process: name, childPid: child.pid }, 'process.spawned')
    child.once('error', (err) => log.error({ process: name, err }, 'process.unspawnable'))
    child.once('close', (code, signal) => finish(code, signal, performance.now() - startedAtMs))
  }
  const finish = (code: number | null, signal: NodeJS.Signals | null, livedMs: number) => {
    child = undefined
    clearTimeout(killTimer)
    if (stopping) {
      const well = code === 0 || signal === stopping
      log[well ? 'info' : 'error']({ process: name, code, signal }, 'process.ended')
      return end(well ? 0 : 1)
    }
    if (code === wrongConfiguration) {
      log.error({ process: name }, 'process.misconfigured')
      return end(wrongConfiguration)
    }
    crashes = countCrash(crashes, livedMs, restart)
    const delayMs = restartDelayMs(crashes, restart)
    log.error({ process: name, code, signal, crashes, restartInMs: delayMs }, 'process.crashed')
    restartTimer = setTimeout(start, delayMs)
  }
  const stop = (signal: NodeJS.Signals) => {
    const first = stopping === undefined
    stopping = signal
    clearTimeout(restartTimer)
    if (!child) return end(0)
    child.kill(signal)
    if (first) killTimer = setTimeout(() => child?.kill('SIGKILL'), options.killAfterMs)
  }
  start()
  return { stop, ended }
}

// In a process group of its own, so that Ctrl+C at the terminal reaches it once, through the supervisor. The IPC
// channel carries no messages: the worker stops by itself when it closes, which it also does if we are killed.
function spawnWorker({ name, file, env, lines }: ChildOptions): ChildProcess {
  const child = spawn(process.execPath, [file], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  if (child.stdout) lines.copy(name, child.stdout)
  if (child.stderr) lines.copy(name, child.stderr)
  return child
}
