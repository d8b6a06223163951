import { once } from 'node:events'
import manifest from '../../package.json' with { type: 'json' }
import { AppError, type ErrorCode } from '../core/errors.ts'
import { connectionLost } from '../db/connect.ts'
import { type Readiness, startTelemetryServer, type TelemetryServer } from '../telemetry/http.ts'
import { createLogger, type Logger } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { registerTarget } from '../telemetry/targets.ts'
import { type Config, readOwnConfig } from './config.ts'
import { type Context, createContext } from './context.ts'
import { type Pools, type ProcessName, startPools } from './pools.ts'

/** What of the process stands by now; readiness looks at it. */
interface Standing {
  context?: Context
  pools?: Pools
}

/** The errors of the start that an operator must mend; every other one is a crash, exit code 1. */
const exitCodes: Partial<Record<ErrorCode, number>> = { invalid_config: 2, database_unreachable: 3 }

/**
 * Lives one process of the fleet, from its configuration to its exit code: 0 stopped as asked, 1 crashed or did
 * not stop in time (start it again), 2 its configuration is wrong, 3 the database cannot be reached.
 */
export function runProcess(name: ProcessName): void {
  const refuse = (error: unknown) => {
    const told = error instanceof AppError ? error : connectionLost(error)
    if (!told) throw error
    process.stderr.write(`rookery ${name}: ${[told.message, ...told.details].join('\n  ')}\n`)
    process.exit(exitCodes[told.code] ?? 1)
  }
  live(name).catch(refuse)
}

async function live(name: ProcessName): Promise<void> {
  const config = readOwnConfig()
  const log = createLogger({ level: config.telemetry.logLevel, format: config.telemetry.logFormat, name })
  const metrics = createMetrics({ process: name, version: manifest.version })
  dieOfCrashes(log)
  const signal = listenForShutdown(log, config.shutdownSeconds)

  const standing: Standing = {}
  const server = await openServer(name, config, metrics, standing)
  const context = await createContext(config, { log, metrics, signal })
  standing.context = context
  const pools = await startPools(name, context)
  standing.pools = pools
  const leaveTargets = await joinTargets(name, config, server, log)
  log.info({ metrics: `${server.url}/metrics` }, 'process.started')

  if (!signal.aborted) await once(signal, 'abort')
  await pools.stop()
  await leaveTargets()
  await server.close()
  await context.close()
  log.info('process.stopped')
  process.exit(0)
}

// An unhandled rejection arrives here too. What is left half done is settled by whoever comes next: the ledger knows.
function dieOfCrashes(log: Logger): void {
  process.on('uncaughtException', (err, origin) => {
    log.fatal({ err, origin }, 'process.crashed')
    process.exit(1)
  })
}

/** Aborts at the first SIGTERM or SIGINT, or when the supervisor is gone; a second signal or too long a stop exits. */
function listenForShutdown(log: Logger, shutdownSeconds: number): AbortSignal {
  const shutdown = new AbortController()
  const giveUp = (reason: string) => {
    log.fatal({ reason }, 'process.abandoned')
    process.exit(1)
  }
  const stop = (reason: string) => {
    log.info({ reason, shutdownSeconds }, 'process.stopping')
    setTimeout(() => giveUp('shutdown took too long'), shutdownSeconds * 1_000).unref()
    shutdown.abort()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (shutdown.signal.aborted ? giveUp(`second ${signal}`) : stop(signal)))
  }
  // Only a supervisor holds an IPC channel to us; it closes when that process ends, however it ends.
  process.on('disconnect', () => !shutdown.signal.aborted && stop('supervisor gone'))
  return shutdown.signal
}

async function openServer(
  name: ProcessName,
  { telemetry: { host, port } }: Config,
  metrics: Metrics,
  standing: Standing,
): Promise<TelemetryServer> {
  const readiness = () => lookAround(standing)
  return startTelemetryServer({ host, port, process: name, metrics, readiness }).catch((cause) => {
    const hint = 'Set ROOKERY_METRICS_HOST and ROOKERY_METRICS_PORT to a free address, or the port to 0.'
    throw new AppError('conflict', `Metrics cannot be served at ${host}:${port}: ${cause.message}. ${hint}`, {
      cause,
    })
  })
}

async function lookAround({ context, pools }: Standing): Promise<Readiness> {
  const database = context ? await lookAtDatabase(context) : 'not connected yet'
  const running = pools?.ready() ?? false
  return {
    ready: database === 'reachable' && running,
    checks: { database, pools: running ? 'running' : 'not running' },
  }
}

async function lookAtDatabase({ db }: Context): Promise<string> {
  const question = db.selectNoFrom((eb) => eb.lit(1).as('one')).execute()
  return question.then(
    () => 'reachable',
    () => 'unreachable',
  )
}

// Being listed is a convenience: a directory that cannot be written must not keep emails from going out.
async function joinTargets(name: ProcessName, config: Config, server: TelemetryServer, log: Logger) {
  const warn = (err: unknown) => log.warn({ err }, 'target.unlisted')
  const target = { host: config.telemetry.host, port: server.port, process: name, pid: process.pid }
  const registration = await registerTarget(config.telemetry.targetsFile, target).catch(warn)
  return async () => registration?.remove().catch(warn)
}
