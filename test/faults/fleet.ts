import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, promises as fs, openSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { ProcessName } from '../../src/app/pools.ts'
import { masterKey } from '../support/inbox.ts'
import { projectRoot } from '../support/program.ts'

/** A process of the fleet: whenever it ends it is started again, unless it is held back. */
export interface Member {
  readonly name: ProcessName
  readonly pid: number | undefined
  /** The exit codes other than 0 with which it ended by itself. */
  readonly failures: readonly number[]
  signal(signal: NodeJS.Signals): void
  /** Starts it when it does not run, and keeps it running. */
  raise(): void
  /** Ends it and leaves it ended until raised. */
  fell(signal: NodeJS.Signals): void
  /** Its wall clock goes wrong by so much; false where libfaketime is not installed. */
  setClock(offsetSeconds: number): Promise<boolean>
}

/** Everything that takes minutes or hours, in seconds. What is not here stands at its default. */
const pace = {
  ROOKERY_SENDING_LEASE_SECONDS: '6',
  ROOKERY_SENDING_LEASE_MARGIN_SECONDS: '1',
  ROOKERY_SENDING_RETRY_BASE_SECONDS: '1',
  ROOKERY_SENDING_QUANTUM_SECONDS: '5',
  ROOKERY_SENDING_CONNECT_TIMEOUT_SECONDS: '3',
  ROOKERY_SENDING_REPLY_TIMEOUT_SECONDS: '5',
  ROOKERY_SENDING_IDLE_CLOSE_SECONDS: '5',
  ROOKERY_RECONCILE_LOOKS: '3s,8s,15s,25s',
  ROOKERY_RECONCILE_GRACE_SECONDS: '12',
  ROOKERY_SCHEDULER_LEASE_SWEEP_SECONDS: '1',
  ROOKERY_SCHEDULER_SWEEP_SECONDS: '3',
  ROOKERY_SCHEDULER_DRAINER_MS: '100',
  ROOKERY_SCHEDULER_PLANNER_MS: '200',
  ROOKERY_SCHEDULER_SYNC_MS: '500',
  ROOKERY_QUEUE_POLL_MS: '100',
  ROOKERY_QUEUE_MONITOR_SECONDS: '1',
  ROOKERY_QUEUE_SUPERVISE_SECONDS: '1',
  // What is refused and complained about on purpose must not pause anything at the next quarter of an hour.
  ROOKERY_GUARDRAILS_BOUNCE_RATE: '1',
  ROOKERY_GUARDRAILS_COMPLAINT_RATE: '1',
  ROOKERY_SHUTDOWN_SECONDS: '8',
  ROOKERY_DATABASE_CONNECTIONS: '6',
  ROOKERY_LOG_LEVEL: 'warn',
  ROOKERY_LOG_FORMAT: 'json',
}

const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
export const clocksCanJump = existsSync(faketime)

export interface Fleet {
  readonly home: string
  members(name: ProcessName): readonly Member[]
  /** Ends all; `keep` leaves the logs in `home`. */
  close(options: { keep: boolean }): Promise<void>
}

/** Starts these processes on a database, with a home of their own; none survives `close`. */
export async function startFleet(
  databaseUrl: string,
  names: readonly ProcessName[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Fleet> {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-faults-'))
  const env = {
    ...pace,
    ...settings,
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: databaseUrl,
    ROOKERY_HOME: home,
    ROOKERY_MASTER_KEY: masterKey.toString('base64'),
  }
  const members = await Promise.all(names.map((name, n) => openMember(name, n, home, env)))
  for (const member of members) member.raise()
  return {
    home,
    members: (name) => members.filter((member) => member.name === name),
    async close({ keep }) {
      for (const member of members) member.fell('SIGKILL')
      if (!keep) await fs.rm(home, { recursive: true, force: true })
    },
  }
}

async function openMember(
  name: ProcessName,
  number: number,
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<Member> {
  const clock = path.join(home, `clock-${number}`)
  await fs.writeFile(clock, '+0s\n')
  // Read again each second; timers go by the monotonic clock, which does not jump.
  const fakeTime = {
    LD_PRELOAD: faketime,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  let child: ChildProcess | undefined
  let wanted = false
  const failures: number[] = []

  function start(): void {
    const log = openSync(path.join(home, `${name}-${number}.log`), 'a')
    const started = spawn(process.execPath, [path.join(projectRoot, 'workers', `${name}.ts`)], {
      cwd: home,
      env: { ...env, ...(clocksCanJump ? fakeTime : {}) },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    child = started
    started.once('exit', (code) => {
      child = undefined
      if (code) failures.push(code)
      if (wanted) setTimeout(() => wanted && !child && start(), code ? 300 : 50)
    })
  }

  return {
    name,
    get pid() {
      return child?.pid
    },
    failures,
    signal: (signal) => void child?.kill(signal),
    raise() {
      wanted = true
      if (!child) start()
    },
    fell(signal) {
      wanted = false
      child?.kill(signal)
    },
    async setClock(offsetSeconds) {
      if (!clocksCanJump) return false
      await fs.writeFile(clock, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}s\n`)
      return true
    },
  }
}
