import { afterEach, describe, expect, it } from 'vitest'
import { type Readiness, startTelemetryServer, type TelemetryOptions } from '../../src/telemetry/http.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { eventually } from '../support/eventually.ts'

let close: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const each of close) await each()
  close = []
})

const ready: Readiness = { ready: true, checks: { database: 'reachable' } }

async function serve(options: Partial<TelemetryOptions> = {}) {
  const metrics = createMetrics({ process: 'sending', version: '0.1.0' })
  const readiness = async () => ready
  const server = await startTelemetryServer({
    host: '127.0.0.1',
    port: 0,
    process: 'sending',
    metrics,
    readiness,
    ...options,
  })
  close.push(server.close)
  return {
    ...server,
    metrics,
    get: (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init),
  }
}

describe('/metrics', () => {
  it('is what Prometheus reads', async () => {
    const { get, metrics } = await serve()
    metrics.emailsSettled.inc({ outcome: 'sent' })
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await response.text()).toContain('rookery_emails_settled_total{outcome="sent"} 1\n')
  })
})

describe('/healthz', () => {
  it('says which process lives', async () => {
    const { get } = await serve()
    const response = await get('/healthz')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ status: 'alive', process: 'sending', pid: process.pid })
  })

  it('fails after the event loop stood still', async () => {
    const { get } = await serve({ stuckAfterMs: 200 })
    const measured = async () => !(await (await get('/healthz')).text()).includes('"eventLoopDelayMs":0}')
    await eventually(measured)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    const response = await get('/healthz')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ status: 'event loop stuck' })
  })
})

describe('/readyz', () => {
  it.each([
    ['200 when ready', async () => ready, 200, { status: 'ready', database: 'reachable' }],
    [
      '503 when not',
      async () => ({ ready: false, checks: { database: 'unreachable' } }),
      503,
      { database: 'unreachable' },
    ],
    [
      '503 when the check fails',
      () => Promise.reject(new Error('x')),
      503,
      { readiness: 'the check failed' },
    ],
    [
      '503 when the check hangs',
      () => new Promise<never>(() => {}),
      503,
      { readiness: 'no answer in 50 ms' },
    ],
  ])('is %s', async (_, readiness, status, body) => {
    const { get } = await serve({ readiness, readinessTimeoutMs: 50 })
    const response = await get('/readyz')
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(body)
  })
})

it('answers HEAD, refuses to be written to, and names its paths elsewhere', async () => {
  const { get } = await serve()
  const answers = await Promise.all([
    get('/healthz', { method: 'HEAD' }),
    get('/metrics', { method: 'POST' }),
    get('/'),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 405, 404])
})

it('refuses a port that is taken', async () => {
  const { port } = await serve()
  await expect(serve({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
