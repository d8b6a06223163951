import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { PinoPretty } from 'pino-pretty'
import { hideAddresses, hidePasswords, secretPaths } from './redact.ts'
import { serialiseError } from './serialise-error.ts'

export type { Logger } from 'pino'

export interface LogOptions {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  format: 'auto' | 'json' | 'pretty'
  /** The process that writes: `sending`, `cli`. */
  name: string
  /** Where the lines go: standard output, unless something else is given. */
  output?: LogOutput
}

export type LogOutput = { fd: 1 | 2 } | NodeJS.WritableStream

const infoLevel = 30

/**
 * Lines are written before the call returns, so that a process that dies has said why. The message is a stable
 * `noun.verb`. Secrets are hidden at every level, addresses from info upwards.
 */
export function createLogger({ level, format, name, output = { fd: 1 } }: LogOptions): Logger {
  return pino(
    {
      level,
      name,
      base: { pid: process.pid },
      redact: { paths: secretPaths, censor: '[hidden]' },
      serializers: { err: serialiseError, error: serialiseError },
      hooks: {
        streamWrite: (line) => (isBelowInfo(line) ? hidePasswords(line) : hideAddresses(hidePasswords(line))),
      },
    },
    openOutput(format, output),
  )
}

// pino begins every line with its level; this is the one place that sees it finished, stacks and replies included.
function isBelowInfo(line: string): boolean {
  return Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? infoLevel) < infoLevel
}

function openOutput(format: LogOptions['format'], output: LogOutput): DestinationStream {
  // A file's stream has an fd as well, but not yet.
  if (!('fd' in output && (output.fd === 1 || output.fd === 2))) {
    const stream = output as NodeJS.WritableStream
    return format === 'pretty' ? prettyInto(stream) : stream
  }
  const terminal = output.fd === 1 ? process.stdout.isTTY : process.stderr.isTTY
  const pretty = format === 'pretty' || (format === 'auto' && terminal)
  return pretty ? prettyInto(output.fd) : destination({ dest: output.fd, sync: true })
}

function prettyInto(target: number | NodeJS.WritableStream): DestinationStream {
  return PinoPretty({
    destination: target,
    sync: true,
    ignore: 'pid,name',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  })
}
