import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../core/errors.ts'
import { queues } from '../queue/catalogue.ts'
import {
  choice,
  databaseUrl,
  growingSpans,
  optionalText,
  type Setting,
  schemaName,
  secretKey,
  share,
  text,
  wholeNumber,
} from './setting.ts'

const settings = {
  home: { directory: text('ROOKERY_HOME', '.rookery') },
  database: {
    url: databaseUrl('DATABASE_URL'),
    schema: schemaName('ROOKERY_SCHEMA', 'rookery'),
    queueSchema: schemaName('ROOKERY_QUEUE_SCHEMA', 'rookery_queue'),
    maxConnections: wholeNumber('ROOKERY_DATABASE_CONNECTIONS', 10, 1, 500),
  },
  secrets: {
    masterKey: secretKey('ROOKERY_MASTER_KEY'),
    masterKeyFile: optionalText('ROOKERY_MASTER_KEY_FILE'),
  },
  sending: {
    slots: wholeNumber('ROOKERY_SENDING_SLOTS', 400, 1, 10_000),
    shareOfSlots: share('ROOKERY_SENDING_SHARE_OF_SLOTS', 0.25),
    quantumEmails: wholeNumber('ROOKERY_SENDING_QUANTUM_EMAILS', 50, 1, 100_000),
    quantumSeconds: wholeNumber('ROOKERY_SENDING_QUANTUM_SECONDS', 20, 1, 3_600),
    leaseSeconds: wholeNumber('ROOKERY_SENDING_LEASE_SECONDS', 60, 5, 3_600),
    leaseMarginSeconds: wholeNumber('ROOKERY_SENDING_LEASE_MARGIN_SECONDS', 10, 1, 600),
    coalesceMs: wholeNumber('ROOKERY_SENDING_COALESCE_MS', 15, 0, 1_000),
    retryBaseSeconds: wholeNumber('ROOKERY_SENDING_RETRY_BASE_SECONDS', 1_800, 1, 86_400),
    retryGiveUpHours: wholeNumber('ROOKERY_SENDING_RETRY_GIVE_UP_HOURS', 96, 1, 720),
    maxTransports: wholeNumber('ROOKERY_SENDING_MAX_TRANSPORTS', 500, 1, 100_000),
    idleCloseSeconds: wholeNumber('ROOKERY_SENDING_IDLE_CLOSE_SECONDS', 30, 1, 3_600),
    connectTimeoutSeconds: wholeNumber('ROOKERY_SENDING_CONNECT_TIMEOUT_SECONDS', 30, 1, 600),
    replyTimeoutSeconds: wholeNumber('ROOKERY_SENDING_REPLY_TIMEOUT_SECONDS', 600, 1, 3_600),
  },
  inbox: {
    slots: wholeNumber('ROOKERY_INBOX_SLOTS', 50, 1, 10_000),
    shareOfSlots: share('ROOKERY_INBOX_SHARE_OF_SLOTS', 0.5),
    connectionsPerHost: wholeNumber('ROOKERY_INBOX_CONNECTIONS_PER_HOST', 50, 1, 10_000),
    quantumSeconds: wholeNumber('ROOKERY_INBOX_QUANTUM_SECONDS', 60, 1, 500),
    firstSyncDays: wholeNumber('ROOKERY_INBOX_FIRST_SYNC_DAYS', 1, 0, 3_650),
    matchDays: wholeNumber('ROOKERY_INBOX_MATCH_DAYS', 60, 1, 3_650),
    connectTimeoutSeconds: wholeNumber('ROOKERY_INBOX_CONNECT_TIMEOUT_SECONDS', 30, 1, 600),
    silenceTimeoutSeconds: wholeNumber('ROOKERY_INBOX_SILENCE_TIMEOUT_SECONDS', 60, 1, 600),
  },
  warmup: {
    slots: wholeNumber('ROOKERY_WARMUP_SLOTS', 50, 1, 10_000),
    shareOfSlots: share('ROOKERY_WARMUP_SHARE_OF_SLOTS', 0.5),
    connectionsPerHost: wholeNumber('ROOKERY_WARMUP_CONNECTIONS_PER_HOST', 50, 1, 10_000),
    connectTimeoutSeconds: wholeNumber('ROOKERY_WARMUP_CONNECT_TIMEOUT_SECONDS', 30, 1, 600),
    silenceTimeoutSeconds: wholeNumber('ROOKERY_WARMUP_SILENCE_TIMEOUT_SECONDS', 60, 1, 600),
  },
  reconcile: {
    looksSeconds: growingSpans('ROOKERY_RECONCILE_LOOKS', '2m,10m,60m,6h,24h'),
    graceSeconds: wholeNumber('ROOKERY_RECONCILE_GRACE_SECONDS', 900, 1, 86_400),
  },
  guardrails: {
    bounceRate: share('ROOKERY_GUARDRAILS_BOUNCE_RATE', 0.05),
    complaintRate: share('ROOKERY_GUARDRAILS_COMPLAINT_RATE', 0.001),
    days: wholeNumber('ROOKERY_GUARDRAILS_DAYS', 7, 1, 90),
    floor: wholeNumber('ROOKERY_GUARDRAILS_FLOOR', 50, 1, 1_000_000),
    minPauseHours: wholeNumber('ROOKERY_GUARDRAILS_MIN_PAUSE_HOURS', 24, 0, 720),
  },
  bounce: {
    slots: wholeNumber('ROOKERY_BOUNCE_SLOTS', 100, 1, 1_000),
    coalesceMs: wholeNumber('ROOKERY_BOUNCE_COALESCE_MS', 10, 0, 1_000),
  },
  retention: {
    unmatchedDays: wholeNumber('ROOKERY_RETENTION_UNMATCHED_DAYS', 180, 30, 36_500),
    matchedDays: wholeNumber('ROOKERY_RETENTION_MATCHED_DAYS', 730, 30, 36_500),
    eventDays: wholeNumber('ROOKERY_RETENTION_EVENT_DAYS', 90, 30, 3_650),
    warmupEventDays: wholeNumber('ROOKERY_RETENTION_WARMUP_EVENT_DAYS', 180, 30, 3_650),
  },
  queue: {
    pollIntervalMs: wholeNumber('ROOKERY_QUEUE_POLL_MS', 500, 10, 60_000),
    superviseSeconds: wholeNumber('ROOKERY_QUEUE_SUPERVISE_SECONDS', 5, 1, 600),
    monitorSeconds: wholeNumber('ROOKERY_QUEUE_MONITOR_SECONDS', 5, 1, 600),
  },
  scheduler: {
    drainerMs: wholeNumber('ROOKERY_SCHEDULER_DRAINER_MS', 500, 10, 60_000),
    plannerMs: wholeNumber('ROOKERY_SCHEDULER_PLANNER_MS', 500, 10, 60_000),
    leaseSweepSeconds: wholeNumber('ROOKERY_SCHEDULER_LEASE_SWEEP_SECONDS', 5, 1, 3_600),
    syncMs: wholeNumber('ROOKERY_SCHEDULER_SYNC_MS', 1_000, 10, 60_000),
    sweepSeconds: wholeNumber('ROOKERY_SCHEDULER_SWEEP_SECONDS', 30, 1, 3_600),
    warmupMs: wholeNumber('ROOKERY_SCHEDULER_WARMUP_MS', 60_000, 100, 3_600_000),
    warmupRestDays: wholeNumber('ROOKERY_WARMUP_PAIR_REST_DAYS', 7, 1, 90),
  },
  telemetry: {
    logLevel: choice('ROOKERY_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'info'),
    logFormat: choice('ROOKERY_LOG_FORMAT', ['auto', 'json', 'pretty'], 'auto'),
    host: text('ROOKERY_METRICS_HOST', '127.0.0.1'),
    port: wholeNumber('ROOKERY_METRICS_PORT', 0, 0, 65_535),
    targetsFile: optionalText('ROOKERY_METRICS_TARGETS_FILE'),
  },
  shutdown: { seconds: wholeNumber('ROOKERY_SHUTDOWN_SECONDS', 30, 1, 3_600) },
}

type Settings = typeof settings
type Values = { [G in keyof Settings]: { readonly [S in keyof Settings[G]]: ValueOf<Settings[G][S]> } }
type ValueOf<S> = S extends Setting<infer T> ? T : never
type Environment = Readonly<Record<string, string | undefined>>

export interface Config {
  /** Absolute directory of what this machine keeps: embedded PostgreSQL, generated key, target file. */
  readonly home: string
  /** `url` undefined: the embedded PostgreSQL below home. */
  readonly database: Values['database']
  readonly secrets: Values['secrets'] & {
    /** Where a key is generated when neither a key nor a key file is given. */
    readonly generatedKeyFile: string
  }
  readonly sending: Values['sending']
  readonly inbox: Values['inbox']
  readonly warmup: Values['warmup']
  readonly reconcile: Values['reconcile']
  readonly guardrails: Values['guardrails']
  readonly bounce: Values['bounce']
  readonly retention: Values['retention']
  readonly queue: Values['queue']
  readonly scheduler: Values['scheduler']
  readonly telemetry: Omit<Values['telemetry'], 'targetsFile'> & { readonly targetsFile: string }
  /** How long a process may take to reach a safe point after SIGTERM. */
  readonly shutdownSeconds: number
}

/** Every variable that Rookery reads, in the order of the documentation. */
export const configVariables: readonly Setting<unknown>[] = Object.values(settings).flatMap(
  (group): Setting<unknown>[] => Object.values(group),
)

/** The configuration of this process: its environment, and what a `.env` file in the working directory adds to it. */
export function readOwnConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return readConfig(process.env)
}

/** Reads the environment once; throws `invalid_config` that lists every bad variable. */
export function readConfig(env: Environment): Config {
  const problems = [...unknownVariables(env)]
  const values = readValues(env, problems)
  problems.push(...contradictions(values))
  if (problems.length > 0) {
    throw new AppError('invalid_config', 'The configuration is not valid.', { details: problems })
  }
  return freeze(shape(values))
}

function readValues(env: Environment, problems: string[]): Values {
  const groups = Object.entries(settings).map(([name, group]) => {
    const read = Object.entries(group).map(([key, setting]) => [key, readSetting(setting, env, problems)])
    return [name, Object.fromEntries(read)]
  })
  return Object.fromEntries(groups) as Values
}

/** An empty variable counts as absent: that is how env files switch one off. */
function readSetting(setting: Setting<unknown>, env: Environment, problems: string[]): unknown {
  const written = env[setting.variable]?.trim() || setting.fallback
  if (written === undefined) return undefined
  const result = setting.schema.safeParse(written)
  if (result.success) return result.data
  const shown = setting.secret ? '' : `, not "${written}"`
  problems.push(`${setting.variable} must be ${setting.expects}${shown}.`)
  return undefined
}

// A value that could not be read is undefined, whatever its type says: comparisons with it are false.
function contradictions({ database, secrets, sending }: Values): string[] {
  const problems: string[] = []
  if (database.schema !== undefined && database.schema === database.queueSchema)
    problems.push(`ROOKERY_SCHEMA and ROOKERY_QUEUE_SCHEMA must differ; both are "${database.schema}".`)
  if (database.url && new URL(database.url).searchParams.has('options'))
    problems.push(
      "DATABASE_URL must not have ?options=: it would replace Rookery's own search_path. " +
        'Give such settings to the role instead: alter role … set …',
    )
  if (secrets.masterKey && secrets.masterKeyFile)
    problems.push('ROOKERY_MASTER_KEY and ROOKERY_MASTER_KEY_FILE are both set: keep one.')
  if (sending.leaseMarginSeconds * 2 > sending.leaseSeconds)
    problems.push(
      'ROOKERY_SENDING_LEASE_MARGIN_SECONDS must be at most half of ROOKERY_SENDING_LEASE_SECONDS ' +
        `(${sending.leaseSeconds}), not ${sending.leaseMarginSeconds}.`,
    )
  const { expireSeconds } = queues['email-sending']
  const sessionSeconds = sending.quantumSeconds + sending.connectTimeoutSeconds + sending.replyTimeoutSeconds
  if (sessionSeconds >= expireSeconds)
    problems.push(
      'ROOKERY_SENDING_QUANTUM_SECONDS, ROOKERY_SENDING_CONNECT_TIMEOUT_SECONDS and ' +
        `ROOKERY_SENDING_REPLY_TIMEOUT_SECONDS together must stay below ${expireSeconds}, not ${sessionSeconds}: ` +
        'a session that lasts longer is given to another worker while it still waits.',
    )
  return problems
}

function shape({ home, secrets, telemetry, shutdown, ...rest }: Values): Config {
  const directory = path.resolve(home.directory)
  return {
    ...rest,
    home: directory,
    secrets: { ...secrets, generatedKeyFile: path.join(directory, 'master.key') },
    telemetry: { ...telemetry, targetsFile: telemetry.targetsFile ?? path.join(directory, 'targets.json') },
    shutdownSeconds: shutdown.seconds,
  }
}

function freeze(config: Config): Config {
  for (const group of Object.values(config)) if (typeof group === 'object') Object.freeze(group)
  return Object.freeze(config)
}

function unknownVariables(env: Environment): string[] {
  const known = configVariables.map((setting) => setting.variable)
  const unknown = Object.keys(env).filter((name) => name.startsWith('ROOKERY_') && !known.includes(name))
  return unknown.map((name) => `${name} is not a variable of Rookery.${suggestion(name, known)}`)
}

function suggestion(name: string, known: readonly string[]): string {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= 6 ? ` Did you mean ${best.candidate}?` : ''
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, right] of [...b].entries()) {
      const substituted = (row[j] ?? 0) + (left === right ? 0 : 1)
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row[b.length] ?? 0
}
