import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { createLogger } from '../telemetry/log.ts'
import { type Config, readConfig, readOwnConfig } from './config.ts'
import type { ProcessName } from './pools.ts'
import { superviseProcesses } from './supervisor.ts'

// The pace of somebody who watches: a refused email is tried again after seconds, not half an hour.
const demoPace = {
  ROOKERY_SENDING_RETRY_BASE_SECONDS: '1',
  ROOKERY_SENDING_REPLY_TIMEOUT_SECONDS: '15',
  ROOKERY_QUEUE_POLL_MS: '100',
  ROOKERY_SCHEDULER_DRAINER_MS: '100',
  ROOKERY_SCHEDULER_PLANNER_MS: '100',
  ROOKERY_SCHEDULER_SYNC_MS: '250',
  ROOKERY_SCHEDULER_WARMUP_MS: '100',
  // So few mailboxes meet every other day.
  ROOKERY_WARMUP_PAIR_REST_DAYS: '2',
  ROOKERY_RECONCILE_LOOKS: '1s,2s,4s,8s,16s',
  // What is refused and complained about on purpose must not pause anything at the next quarter of an hour.
  ROOKERY_GUARDRAILS_BOUNCE_RATE: '1',
  ROOKERY_GUARDRAILS_COMPLAINT_RATE: '1',
  ROOKERY_LOG_FORMAT: 'json',
}

export interface DemoConfig {
  config: Config
  environment: Readonly<Record<string, string>>
  /** What has to stand before a command so that it looks at the demo. */
  commandPrefix: string
}

/** A demo lives in a directory of its own below home; nothing else of the environment reaches it. */
export function readDemoConfig(): DemoConfig {
  const own = readOwnConfig()
  const environment = { ROOKERY_HOME: path.join(own.home, 'demo'), ...demoPace }
  const elsewhere = own.database.url === undefined ? '' : 'DATABASE_URL= '
  const home = nearPath(environment.ROOKERY_HOME)
  return {
    config: readConfig(environment),
    environment,
    commandPrefix: `${elsewhere}ROOKERY_HOME=${home} `,
  }
}

/** As it is shortest to type from here. */
export function nearPath(file: string): string {
  const relative = path.relative('.', file)
  return relative.startsWith('..') ? file : relative
}

export interface DemoFleet {
  /** Resolves when every process has ended, which none does before it is told to. */
  ended: Promise<number>
  stop(): Promise<void>
}

/** Who works on the campaigns of the demo. */
export const campaignWorkers = ['scheduler', 'sending', 'sending', 'inbox', 'bounce'] as const

/** These workers, supervised, writing to `logFile`. */
export function startDemoFleet(
  config: Config,
  environment: Readonly<Record<string, string>>,
  url: string,
  logFile: string,
  workers: readonly ProcessName[],
): DemoFleet {
  const output = createWriteStream(logFile)
  const env = { ...cleanEnvironment(), ...environment, DATABASE_URL: url }
  const worker = (name: string, pool: string) => ({
    name,
    file: path.join(import.meta.dirname, `../../workers/${pool}.ts`),
    env,
    // Where no .env of the user's lies.
    directory: config.home,
  })
  const supervisor = superviseProcesses({
    processes: workers.map((pool, at) => {
      const before = workers.slice(0, at).filter((other) => other === pool).length
      const several = workers.filter((other) => other === pool).length > 1
      return worker(several ? `${pool}.${before + 1}` : pool, pool)
    }),
    shutdownSeconds: config.shutdownSeconds,
    output,
    log: createLogger({ level: 'info', format: 'json', name: 'supervisor', output }),
  })
  return {
    ended: supervisor.ended,
    async stop() {
      supervisor.stop('SIGTERM')
      await supervisor.ended
      output.end()
    },
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('ROOKERY_') && name !== 'DATABASE_URL',
  )
  return Object.fromEntries(kept)
}
