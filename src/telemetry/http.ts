import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type EventLoopWatch, watchEventLoop } from './event-loop.ts'
import type { Metrics } from './metrics.ts'

export interface Readiness {
  ready: boolean
  /** What was looked at and what was found: `{ database: 'reachable', pools: 'starting' }`. */
  checks: Record<string, string>
}

export interface TelemetryOptions {
  host: string
  /** 0: a free one. */
  port: number
  process: string
  metrics: Metrics
  /** A rejection or no answer in time counts as not ready. */
  readiness: () => Promise<Readiness>
  readinessTimeoutMs?: number
  /** The event loop is called stuck once it has stood still for this long. */
  stuckAfterMs?: number
}

export interface TelemetryServer {
  /** `http://host:port` */
  url: string
  port: number
  close(): Promise<void>
}

interface Answer {
  status: number
  contentType: string
  body: string
}

/** Serves /metrics, /healthz and /readyz; rejects if the port is taken. */
export async function startTelemetryServer(options: TelemetryOptions): Promise<TelemetryServer> {
  const eventLoop = watchEventLoop(options.stuckAfterMs)
  const server = createServer((request, response) => void respond(request, response, options, eventLoop))
  const port = await listen(server, options)
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}`,
    port,
    close: async () => {
      eventLoop.stop()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: TelemetryOptions,
  eventLoop: EventLoopWatch,
): Promise<void> {
  const { status, contentType, body } = await answer(request, options, eventLoop).catch(failed)
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answer(request: IncomingMessage, options: TelemetryOptions, eventLoop: EventLoopWatch) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Only GET and HEAD.\n')
  const path = request.url?.split('?')[0]
  if (path === '/metrics') return renderMetrics(options.metrics)
  if (path === '/healthz') return health(options.process, eventLoop)
  if (path === '/readyz') return readiness(options)
  return plain(404, 'There are /metrics, /healthz and /readyz.\n')
}

async function renderMetrics(metrics: Metrics): Promise<Answer> {
  const { contentType, text } = await metrics.render()
  return { status: 200, contentType, body: text }
}

function health(name: string, eventLoop: EventLoopWatch): Answer {
  const { stuck, longestDelayMs } = eventLoop.look()
  const status = stuck ? 'event loop stuck' : 'alive'
  const uptimeSeconds = Math.round(process.uptime())
  return json(stuck ? 503 : 200, {
    status,
    process: name,
    pid: process.pid,
    uptimeSeconds,
    eventLoopDelayMs: longestDelayMs,
  })
}

async function readiness(options: TelemetryOptions): Promise<Answer> {
  const timeoutMs = options.readinessTimeoutMs ?? 3_000
  const timeout = AbortSignal.timeout(timeoutMs)
  const late = new Promise<Readiness>((resolve) => {
    const answerLate = () => resolve({ ready: false, checks: { readiness: `no answer in ${timeoutMs} ms` } })
    timeout.addEventListener('abort', answerLate, { once: true })
  })
  const { ready, checks } = await Promise.race([
    options.readiness().catch((): Readiness => ({ ready: false, checks: { readiness: 'the check failed' } })),
    late,
  ])
  return json(ready ? 200 : 503, {
    status: ready ? 'ready' : 'not ready',
    process: options.process,
    ...checks,
  })
}

function listen(server: Server, { host, port }: TelemetryOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function failed(): Answer {
  return plain(500, 'The answer could not be made.\n')
}

function plain(status: number, body: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

function json(status: number, body: object): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` }
}
