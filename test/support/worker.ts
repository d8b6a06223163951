import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ProcessName } from '../../src/app/pools.ts'
import { projectRoot } from './program.ts'

export interface Worker {
  pid: number
  /** Sends the signal and waits for the end; the exit code, null if the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>
  /** The exit code, whatever ended it. */
  ended: Promise<number | null>
  output(): string
}

/** Leases, sweeps and polls in the time of a test. */
const quick = {
  ROOKERY_SENDING_LEASE_SECONDS: '6',
  ROOKERY_SENDING_LEASE_MARGIN_SECONDS: '1',
  ROOKERY_SENDING_RETRY_BASE_SECONDS: '1',
  ROOKERY_SCHEDULER_LEASE_SWEEP_SECONDS: '1',
  ROOKERY_SCHEDULER_SWEEP_SECONDS: '1',
  ROOKERY_SCHEDULER_DRAINER_MS: '50',
  ROOKERY_SCHEDULER_PLANNER_MS: '50',
  ROOKERY_SCHEDULER_SYNC_MS: '50',
  ROOKERY_QUEUE_POLL_MS: '50',
  ROOKERY_QUEUE_MONITOR_SECONDS: '1',
  // What is refused and complained about on purpose must not pause anything at the next quarter of an hour.
  ROOKERY_GUARDRAILS_BOUNCE_RATE: '1',
  ROOKERY_GUARDRAILS_COMPLAINT_RATE: '1',
}

/** Worker processes on one database, with a home of their own; none survives `close`. */
export async function openWorkerHome(databaseUrl: string, more: Record<string, string> = {}) {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rookery-workers-'))
  const env = { ...quick, ...more, DATABASE_URL: databaseUrl, ROOKERY_HOME: home }
  const children: ChildProcess[] = []
  return {
    /** For the command line on the same database. */
    env: { ...more, DATABASE_URL: databaseUrl, ROOKERY_HOME: home },
    start(name: ProcessName): Worker {
      const child = spawn(process.execPath, [path.join(projectRoot, 'workers', `${name}.ts`)], {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      children.push(child)
      const closed = once(child, 'close').then(([code]) => code as number | null)
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
      return {
        pid: child.pid ?? 0,
        end(signal) {
          child.kill(signal)
          return closed
        },
        ended: closed,
        output: () => output,
      }
    },
    async close(): Promise<void> {
      for (const child of children) child.kill('SIGKILL')
      await rm(home, { recursive: true, force: true })
    },
  }
}
