import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { createLogger, type Logger } from '../telemetry/log.ts'
import { type Config, readOwnConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { migrateAll } from './migrate.ts'
import { type SupervisedProcess, superviseProcesses } from './supervisor.ts'
import { type ProcessSpec, planProcesses } from './supervisor-plan.ts'

const workerFolder = path.join(import.meta.dirname, '../../workers')

/**
 * Runs the asked-for processes (`scheduler`, `sending=3`; none: one of each) until SIGTERM or SIGINT; resolves to the
 * exit code. The database is started and migrated once, before any of them.
 */
export async function startFleet(words: readonly string[], options: { migrate: boolean }): Promise<number> {
  const config = readOwnConfig()
  const plan = planProcesses(words, await listPools())
  const { logLevel: level, logFormat: format, targetsFile } = config.telemetry
  const log = createLogger({ level, format, name: 'supervisor', output: process.stdout })
  await prepareDatabase(config, options.migrate, log)
  log.info({ processes: plan.map(({ name }) => name), metricsTargets: targetsFile }, 'fleet.starting')
  const supervisor = superviseProcesses({
    processes: plan.map((spec, index) => describeProcess(spec, index, config)),
    shutdownSeconds: config.shutdownSeconds,
    output: process.stdout,
    log,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'fleet.stopping')
      supervisor.stop(signal)
    })
  }
  const code = await supervisor.ended
  log.info({ code }, 'fleet.stopped')
  return code
}

/** The pools that can be started: one for each worker file. */
async function listPools(): Promise<string[]> {
  const files = await readdir(workerFolder)
  return files.filter((file) => file.endsWith('.ts')).map((file) => path.basename(file, '.ts'))
}

/** Throws `database_unreachable` before a process is started that would say the same. */
async function prepareDatabase(config: Config, migrate: boolean, log: Logger): Promise<void> {
  const database = await openDatabase(config, { applicationName: 'rookery start' })
  await database.close()
  if (!migrate) return
  const applied = await migrateAll(config)
  log.info({ applied: applied.length }, 'schema.migrated')
}

function describeProcess(spec: ProcessSpec, index: number, { telemetry }: Config): SupervisedProcess {
  const env: NodeJS.ProcessEnv = { ...process.env }
  // A fixed port is the first process's; the others follow it.
  if (telemetry.port > 0) env.ROOKERY_METRICS_PORT = `${telemetry.port + index}`
  // The children write into a pipe and cannot see the terminal at its end.
  if (process.stdout.isTTY && telemetry.logFormat !== 'json') {
    env.ROOKERY_LOG_FORMAT = 'pretty'
    env.FORCE_COLOR ??= '1'
  }
  return { name: spec.name, file: path.join(workerFolder, `${spec.pool}.ts`), env }
}
